"""The triage clock over days, on a server that skips time, with the real store, log and handlers."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from services.intake.consumer.clocks import workflow_of
from services.intake.workflows import TriageClock
from shared.events.intake import TierConfirmed, TriageBreached, TriageEscalated, TriageReminded
from shared.policy.bundle import Bundle
from shared.runtime.reconciling import Reconciled, Reconciler
from shared.runtime.temporal import data_converter
from tests.services.intake.answers import HIGH, LOW
from tests.services.intake.temporal import CODEC, DAY, clock_worker, hands_of, skipping
from tests.services.intake.world import TestClock, World, until, world

pytestmark = pytest.mark.temporal
HISTORIES = Path(__file__).parent / "histories"


@pytest.fixture
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    async with skipping() as server:
        yield server


@pytest.fixture
async def intake(tmp_path: Path, bundle: Bundle, environment: WorkflowEnvironment) -> AsyncIterator[World]:
    clock = TestClock(await environment.get_current_time())
    async with world(tmp_path, bundle, environment.client, clock) as running:
        yield running


async def told(intake: World, *kinds: type) -> list[Any]:
    return [fact for fact in await intake.facts() if isinstance(fact, kinds)]


async def questioned(intake: World, hands: Any) -> None:
    """An intake whose triager asks for an answer; its clock has taken notice."""
    submitted = await intake.submit()
    await until(lambda: _true(hands.asked >= 1))
    before = hands.asked
    question = {"attributes": ["scale"], "reason": "how many?"}
    await intake.post(f"/intakes/{submitted['id']}/request-answers", question, who="tess")
    await until(lambda: _true(hands.asked > before))


async def test_a_forgotten_intake_is_reminded_of_twice_and_then_escalated(
    environment: WorkflowEnvironment, intake: World
) -> None:
    hands = hands_of(intake)
    async with clock_worker(environment.client, hands):
        told_first = await intake.submit(answers=HIGH)
        await until(lambda: _true(hands.asked >= 1))
        await environment.sleep(6 * DAY)
        facts = await told(intake, TriageReminded, TriageBreached)
        assert [getattr(fact, "percent", "breach") for fact in facts] == [50, 80, "breach"]
        breach = facts[-1]
        assert (breach.noticed_at - breach.due_at).total_seconds() < 5
        before = hands.asked
        await intake.post(f"/intakes/{told_first['id']}/confirm", {"reason": "late"}, who="tess")
        await intake.settled()
        handle = environment.client.get_workflow_handle(workflow_of(told_first["id"], 1))
        await handle.result()
        assert hands.asked > before


async def test_a_question_hands_the_clock_to_the_submitter(environment: WorkflowEnvironment, intake: World) -> None:
    hands = hands_of(intake)
    async with clock_worker(environment.client, hands):
        await questioned(intake, hands)
        await environment.sleep(21 * DAY)
        facts = await told(intake, TriageReminded, TriageBreached)
        assert [(getattr(fact, "percent", "breach"), fact.clock) for fact in facts] == [
            (50, "answer"),
            (80, "answer"),
            ("breach", "answer"),
        ]


async def test_a_late_answer_climbs_the_chain_to_its_end(environment: WorkflowEnvironment, intake: World) -> None:
    hands = hands_of(intake)
    async with clock_worker(environment.client, hands):
        await questioned(intake, hands)
        await environment.sleep(40 * DAY)
        steps = await told(intake, TriageEscalated)
        assert [(one.step, one.role, one.clock) for one in steps] == [
            (2, "head_of_ai_governance", "answer"),
            (3, "executive", "answer"),
        ]


async def test_a_postponed_intake_is_confirmed_by_the_bundle_on_its_day(
    environment: WorkflowEnvironment, intake: World
) -> None:
    line = {"key": "k", "name": "A", "owner": "omar", "answers": LOW, "triage": "held", "imported": True}
    held = await intake.client.post(
        "/intake/v1/intakes:batch",
        content=json.dumps(line),
        headers={**intake.as_("olga"), "Content-Type": "application/x-ndjson"},
    )
    intake_id = json.loads(held.text)["intake_id"]
    hands = hands_of(intake)
    async with clock_worker(environment.client, hands):
        items = [{"intake_id": intake_id, "business_days": 3}]
        begun = await intake.post("/triage:begin", {"items": items})
        assert begun.json()["items"][0]["outcome"] == "begun", begun.text
        await until(lambda: _true(hands.asked >= 1))
        assert not await told(intake, TierConfirmed)
        await environment.sleep(8 * DAY)
        (confirmed,) = await told(intake, TierConfirmed)
        assert confirmed.automatic


async def test_lost_clocks_are_expected_again_until_their_intakes_are_settled(
    environment: WorkflowEnvironment, intake: World
) -> None:
    first, second = await intake.submit(answers=HIGH), await intake.submit(answers=HIGH)
    await intake.submit(answers=LOW)
    (reconciler,) = [one for one in intake.service.starters if isinstance(one, Reconciler)]

    async def both_run() -> bool:
        return await reconciler.once() == Reconciled(expected=2, running=2, started=0, settled=0)

    await until(both_run)
    await environment.client.get_workflow_handle(workflow_of(first["id"], 1)).terminate()
    assert await reconciler.once() == Reconciled(expected=2, running=1, started=1, settled=0)
    await intake.post(f"/intakes/{second['id']}/confirm", {"reason": "yes"}, who="tess")
    assert await reconciler.once() == Reconciled(expected=1, running=1, started=0, settled=1)


async def _true(value: bool) -> bool:
    return value


def _history_in(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, json.loads(path.read_text()))


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
async def test_a_stored_history_goes_on_with_todays_code(path: Path) -> None:
    replayer = Replayer(
        workflows=[TriageClock], data_converter=data_converter(CODEC), interceptors=[TracingInterceptor()]
    )
    await replayer.replay_workflow(_history_in(path))
