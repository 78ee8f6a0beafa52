"""The review's clock over weeks, on a server that skips time, with the real store, log and handlers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from services.review.consumer.workflow_starts import workflow_of
from shared.events.review import (
    ClockBreached,
    ClockReminded,
    DecisionRecorded,
    ReviewEscalated,
)
from shared.policy.bundle import Bundle
from shared.store.tables import workflow_start
from tests.services.review.world import TestClock, World, link, world
from tests.workflows.hands import DAY, SteppedHands, clock_worker, eventually, hands_of, until

pytestmark = pytest.mark.temporal


@pytest.fixture
async def review(tmp_path: Path, bundle: Bundle, environment: WorkflowEnvironment) -> AsyncIterator[World]:
    clock = TestClock(await environment.get_current_time())
    async with world(tmp_path, bundle, environment.client, clock) as running:
        await running.staffed()
        yield running


async def now_is(environment: WorkflowEnvironment, review: World) -> None:
    """The stores' clock follows the server's before people act."""
    review.clock.now = max(review.clock.now, await environment.get_current_time())


async def looked(review: World, hands: SteppedHands, before: int) -> None:
    """Wait until the clock has looked again because of what people did."""
    await review.settled()
    await until(lambda: hands.asked > before)


async def test_a_review_over_weeks(environment: WorkflowEnvironment, review: World) -> None:
    hands = hands_of(review)
    async with clock_worker(environment.client, hands):
        review_id = await review.opened("medium")
        await until(lambda: hands.asked == 1)
        await environment.sleep(40 * DAY)
        gathering = await review.facts(ClockReminded)
        assert [(one.percent, one.addressee) for one in gathering] == [
            (50, await review.person("rita")),
            (80, await review.person("rita")),
        ]
        breach = (await review.facts(ClockBreached))[0]
        assert (breach.noticed_at - breach.due_at).total_seconds() < 5
        assert [one.role for one in await review.facts(ReviewEscalated)] == ["head_of_ai_governance", "executive"]

        await now_is(environment, review)
        before = hands.asked
        await review.posted(f"/reviews/{review_id}/evidence/links", link(), "rita")
        await review.posted(f"/reviews/{review_id}/submission", None, "rita")
        await looked(review, hands, before)
        await environment.sleep(3 * DAY)
        await now_is(environment, review)
        before = hands.asked
        await review.sign_off(review_id, "product")
        await review.sign_off(review_id, "security", "request_changes")
        await looked(review, hands, before)
        told = len(await review.facts())
        await environment.sleep(3 * DAY)  # the others stand still: nothing is said to them
        assert {one.clock for one in (await review.facts())[told:]} <= {"answer"}
        await now_is(environment, review)
        await review.posted(f"/reviews/{review_id}/answers", {"answer": "done"}, "rita")
        await review.sign_off(review_id, "security")
        for member in ("member1", "member2", "member3"):
            await review.vote(review_id, member)
        assert (await review.close_vote(review_id)).status_code == 201
        await environment.client.get_workflow_handle(workflow_of(review_id)).result()
    assert len(await review.facts(DecisionRecorded)) == 1
    facts = await review.facts(ClockReminded)
    assert len({(one.clock, one.percent, one.due_at, one.addressee) for one in facts}) == len(facts)


async def test_a_review_settled_when_its_clock_would_start_needs_none(
    tmp_path: Path, bundle: Bundle, environment: WorkflowEnvironment
) -> None:
    clock = TestClock(await environment.get_current_time())
    async with world(tmp_path, bundle, None, clock) as review:  # nothing starts clocks here yet
        await review.staffed()
        review_id = await review.submitted("low")
        assert (await review.sign_off(review_id, "product")).json()["outcome"] == "approved"
    async with world(tmp_path, bundle, environment.client, clock) as review:

        async def noted_and_done() -> bool:
            return await starter_notes(review) == {workflow_of(review_id): "done"}

        await eventually(noted_and_done)
        with pytest.raises(RPCError, match="not found"):
            await environment.client.get_workflow_handle(workflow_of(review_id)).describe()


async def starter_notes(review: World) -> dict[str, str]:
    """Every noted start and its state."""
    async with review.store.database.reading() as connection:
        rows = await connection.execute(select(workflow_start.c.workflow_id, workflow_start.c.state))
        return {row.workflow_id: row.state for row in rows}


async def test_redelivered_starts_and_bells_change_nothing(environment: WorkflowEnvironment, review: World) -> None:
    hands = hands_of(review)
    async with clock_worker(environment.client, hands):
        review_id = await review.opened("low")
        await until(lambda: hands.asked == 1)
        handle = environment.client.get_workflow_handle(workflow_of(review_id))
        for _ in range(20):
            await handle.signal("look")
        await environment.sleep(15 * DAY)
    facts = await review.facts(ClockReminded)
    assert [one.percent for one in facts] == [50, 80]
