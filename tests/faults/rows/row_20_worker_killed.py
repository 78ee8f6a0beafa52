"""The worker is killed when a notice is in the store and Temporal does not know it: the activity is done again."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from shared.events.review import ClockBreached, ReviewEscalated
from shared.log.starter import Starter
from shared.policy.bundle import load_bundle
from shared.runtime.temporal import connect
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.services.review.world import World, world
from tests.workflows.hands import CODEC, eventually
from tests.workflows.real_time import RealClock, confirm_many

APART = timedelta(seconds=1)  # between the ends of two reviews' clocks
PATIENCE = 90.0


async def run(lab: Lab) -> Result:
    """Each worker dies at its first notice; the last one lives."""
    kills = lab.size(2, 20)
    return await _killed(lab, kills, reviews=kills, asks=True)


async def control(lab: Lab) -> Result:
    """Workers that die give their notices blindly; the second has nothing to do but what the first had begun."""
    return await _killed(lab, 2, reviews=1, asks=False)


async def _killed(lab: Lab, kills: int, *, reviews: int, asks: bool) -> Result:
    temporal, url, place, clock = lab.own_temporal(), lab.database(), lab.new("place"), RealClock()
    place.mkdir()
    client = await connect(temporal.address, "default", CODEC)
    async with world(place, load_bundle(), client, clock, url) as review:
        await _opened(review, clock, reviews)
        options = {"address": temporal.address, "url": url, "asks": asks}
        for _ in range(kills):
            dying = lab.program("working", {**options, "dies": True})
            await asyncio.to_thread(dying.wait, within=PATIENCE)
        lab.program("working", {**options, "dies": False, "asks": True})
        await eventually(lambda: _all_said(review, client, reviews), seconds=PATIENCE)
        return await _found(review, client, kills)


async def _opened(review: World, clock: RealClock, count: int) -> None:
    """As many reviews, whose first clocks run out one after another, soon."""
    first = datetime.now(UTC) + timedelta(seconds=3 + count)
    clock.due(first)
    await review.staffed()
    for number in range(count):
        await confirm_many(review, clock, range(number, number + 1), due=first + number * APART)
    clock.behind = timedelta(0)
    starter = next(one for one in review.service.starters if isinstance(one, Starter))

    async def all_started() -> bool:
        return await starter.pending() == 0

    await eventually(all_started, seconds=PATIENCE)


async def _all_said(review: World, client: Client, count: int) -> bool:
    """Every breach is in the store, and Temporal knows of every notice."""
    said = {one.review_id for one in await review.facts(ClockBreached)}
    described = [await client.get_workflow_handle(one.id).describe() async for one in client.list_workflows()]
    return len(said) == count and not any(one.raw_description.pending_activities for one in described)


async def _found(review: World, client: Client, kills: int) -> Result:
    breaches = Counter(one.review_id for one in await review.facts(ClockBreached))
    steps = Counter((one.review_id, one.clock, one.step) for one in await review.facts(ReviewEscalated))
    again = 0
    async for each in client.list_workflows():
        history = await client.get_workflow_handle(each.id).fetch_history()
        again += sum(
            event.activity_task_started_event_attributes.attempt > 1
            for event in history.events
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
        )
    broken = [f"I2: {name} breached {times} times" for name, times in breaches.items() if times > 1]
    broken += [f"I2: {step} was taken {times} times" for step, times in steps.items() if times > 1]
    broken += [] if again else ["no activity was done again: nothing was tried"]
    figures = {"kills": kills, "breaches": breaches.total(), "activities done again": again}
    return Result(broken=broken, figures=figures)


ROW = Row(
    number=20,
    fault="the worker is killed in the middle of an activity",
    injected="SIGKILL when a notice is stored and not yet reported",
    invariants=("I2",),
    run=run,
    without="asking the log first (the notice is given blindly)",
    control=control,
)
