"""After Temporal's data is gone, every undecided review gets its clock back from the event log."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from deploy.local.temporal import TemporalServer
from services.review.consumer.docket import Docket
from services.review.consumer.workflow_starts import begin, workflow_of
from services.review.reconcile import ReviewClocks
from shared.events.review import ClockBreached
from shared.policy.bundle import Bundle
from shared.runtime.reconciling import Reconciled, Reconciler
from shared.runtime.temporal import connect
from tests.engines import engine_folder, or_missing
from tests.services.review.world import World, world
from tests.workflows.hands import CODEC, clock_worker, eventually
from tests.workflows.real_time import SILENT, RealClock, real_hands

pytestmark = pytest.mark.temporal
REVIEWS = 4
LEFT = timedelta(seconds=40)
"""Long enough to lose a server and start another on a busy machine."""


def lose_everything(server: TemporalServer, folder: Path) -> None:
    server.stop()
    lost = list(folder.rglob("temporal.db*"))
    assert lost
    for file in lost:
        file.unlink()
    server.start()


async def reconciled(review: World, client: Client) -> Reconciled:
    """As the role worker does, and `gatehouse workflows reconcile`."""
    clocks = ReviewClocks(Docket(review.store))
    return await Reconciler("review", client, clocks.expected, partial(begin, client, again=True)).once()


async def opened(review: World, clock: RealClock, due: datetime) -> list[str]:
    """Reviews of as many systems that run out at that instant, under the machine's time from then on."""
    clock.due(due)
    systems = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(REVIEWS)]
    reviews = [await review.opened("low", system_id=system, clocks=SILENT) for system in systems]
    clock.behind = timedelta(0)
    return reviews


async def test_lost_clocks_start_again_with_the_time_that_is_left(tmp_path: Path, bundle: Bundle) -> None:
    with engine_folder("temporal") as folder, or_missing(lambda: TemporalServer(folder)) as server:
        clock = RealClock()
        client = await connect(server.address, "default", CODEC)
        async with world(tmp_path, bundle, client, clock) as review:
            clock.due(datetime.now(UTC))
            await review.staffed()
            due = datetime.now(UTC) + LEFT
            reviews = await opened(review, clock, due)

            async def all_run() -> bool:
                return await reconciled(review, client) == Reconciled(REVIEWS, REVIEWS, 0, 0)

            await eventually(all_run)
            await review.posted(f"/reviews/{reviews[0]}/submission", None, "rita")
            assert (await review.sign_off(reviews[0], "product")).json()["outcome"] == "approved"
        await asyncio.to_thread(lose_everything, server, folder)
        client = await connect(server.address, "default", CODEC)
        async with world(tmp_path, bundle, None, clock) as review:
            assert await reconciled(review, client) == Reconciled(expected=3, running=0, started=3, settled=1)
            assert await reconciled(review, client) == Reconciled(expected=3, running=3, started=0, settled=1)
            assert datetime.now(UTC) < due, "the time that is left must not be over before the clocks run again"
            async with clock_worker(client, real_hands(review)):

                async def all_noticed() -> bool:
                    return len(await review.facts(ClockBreached)) == REVIEWS - 1

                await eventually(all_noticed, seconds=90)
            for breach in await review.facts(ClockBreached):
                assert timedelta(0) <= breach.noticed_at - breach.due_at < LEFT / 2
            described = await client.get_workflow_handle(workflow_of(reviews[1])).describe()
            assert described.status is WorkflowExecutionStatus.RUNNING  # its escalation has steps to come
