"""Temporal is away: frozen, and in the long form killed as well, while reviews open and others fall due."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from sqlalchemy import update

from deploy.local.temporal import TemporalServer
from shared.events.envelope import stamp
from shared.events.review import ClockBreached, ReviewOpened
from shared.log.starter import Start, Starter
from shared.policy.bundle import load_bundle
from shared.runtime.temporal import connect
from shared.store.tables import workflow_start
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.services.review.world import World, link, world
from tests.workflows.hands import CODEC, clock_worker, eventually
from tests.workflows.real_time import RealClock, confirm_many, real_hands

EACH = 20  # reviews due during an outage, and reviews opened in it
LEFT = timedelta(seconds=6)  # from an opening to the end of its first clock: the outage has begun by then
ANSWERED_SECONDS = 5.0
PACE_SECONDS = 0.2  # a submitter's, not a load: every command makes the review longer
PATIENCE = 90.0
Outage = tuple[Callable[[TemporalServer], None], Callable[[TemporalServer], object]]
FROZEN: Outage = (
    lambda server: os.kill(server.pid, signal.SIGSTOP),
    lambda server: os.kill(server.pid, signal.SIGCONT),
)
KILLED: Outage = (TemporalServer.kill, TemporalServer.start)
_MAKE = Starter._make


@dataclass
class Seen:
    """What callers saw while Temporal was away."""

    answers: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    overdue: int = 0


async def run(lab: Lab) -> Result:
    """Frozen; then killed, in the long form."""
    frozen = await _away(lab, FROZEN)
    if not lab.long:
        return frozen
    killed = await _away(lab, KILLED)
    told = {f"{name}, killed": value for name, value in killed.figures.items()}
    return Result(broken=[*frozen.broken, *killed.broken], figures={**frozen.figures, **told})


async def control(lab: Lab) -> Result:
    """A start is tried once and then forgotten."""
    with patch.object(Starter, "_make", _once):
        return await _away(lab, KILLED)


async def _away(lab: Lab, outage: Outage) -> Result:
    (stop, start), temporal, seen = outage, lab.own_temporal(), Seen()
    async with _reviewing(lab, temporal) as (review, clock):
        await confirm_many(review, clock, range(EACH), due=datetime.now(UTC) + LEFT)
        clock.behind = timedelta(0)
        await _within(lambda: _all_started(review))
        stop(temporal)
        ends = time.monotonic() + lab.size(LEFT.seconds + 3, 60)
        await confirm_many(review, clock, range(EACH, 2 * EACH))
        while time.monotonic() < ends:
            await _ask(review, seen)
            await asyncio.sleep(PACE_SECONDS)
        seen.overdue = await _overdue(review)
        start(temporal)
        await _within(lambda: _all_started(review))
        await _within(lambda: _all_noticed(review))
        return await _found(review, temporal, seen)


@asynccontextmanager
async def _reviewing(lab: Lab, temporal: TemporalServer) -> AsyncIterator[tuple[World, RealClock]]:
    client, clock, place = await connect(temporal.address, "default", CODEC), RealClock(), lab.new("place")
    place.mkdir()
    async with (
        world(place, load_bundle(), client, clock) as review,
        clock_worker(client, real_hands(review)),
    ):
        clock.due(datetime.now(UTC))
        await review.staffed()
        yield review, clock


async def _ask(review: World, seen: Seen) -> None:
    """One more command of a submitter."""
    opened = (await review.facts(ReviewOpened))[-1].review_id
    began = time.monotonic()
    answer = await review.post(f"/reviews/{opened}/evidence/links", link(content=str(began)), "rita")
    seen.slowest = max(seen.slowest, time.monotonic() - began)
    seen.answers[answer.status_code] += 1


async def _overdue(review: World) -> int:
    """The reviews that the list shows past their time, without anybody having noticed."""
    listed = (await review.get("/reviews?limit=200", "audit")).json()["items"]
    noticed = {one.review_id for one in await review.facts(ClockBreached)}
    return sum(one["due_at"] < stamp(datetime.now(UTC)) and one["review_id"] not in noticed for one in listed)


async def _found(review: World, temporal: TemporalServer, seen: Seen) -> Result:
    breaches = await review.facts(ClockBreached)
    opened = {one.review_id for one in await review.facts(ReviewOpened)}
    client = await connect(temporal.address, "default", CODEC)
    started = Counter([one.id async for one in client.list_workflows()])
    twice = [name for name, times in Counter(one.review_id for one in breaches).items() if times > 1]
    broken = [f"{name} was noticed more than once" for name in twice]
    broken += [f"I7: {times} answers of {status}" for status, times in seen.answers.items() if status != 201]
    if seen.slowest > ANSWERED_SECONDS:
        broken.append(f"I7: an answer took {seen.slowest:.1f} s")
    if seen.overdue != EACH:
        broken.append(f"{seen.overdue} of {EACH} were seen to be overdue")
    if len(breaches) < EACH:
        broken.append(f"{EACH - len(breaches)} of {EACH} breaches were never noticed")
    if started != Counter(f"review-{name}" for name in opened):
        broken.append(f"I2: {len(opened)} reviews opened, {started.total()} clocks started")
    late = max(((one.noticed_at - one.due_at).total_seconds() for one in breaches), default=0.0)
    figures: dict[str, int | float | str] = {"reviews": len(opened), "clocks started": started.total()}
    figures |= {"commands answered meanwhile": seen.answers[201], "slowest answer, s": seen.slowest}
    return Result(broken=broken, figures={**figures, "overdue seen meanwhile": seen.overdue, "latest notice, s": late})


async def _all_started(review: World) -> bool:
    starter = next(one for one in review.service.starters if isinstance(one, Starter))
    return await starter.pending() == 0


async def _all_noticed(review: World) -> bool:
    return len(await review.facts(ClockBreached)) >= EACH


async def _within(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for it; what is not so in time is counted afterwards, not raised here."""
    with suppress(TimeoutError):
        await eventually(condition, seconds=PATIENCE)


async def _once(starter: Starter, start: Start, turns: asyncio.Semaphore) -> bool:
    await _MAKE(starter, start, turns)
    done = update(workflow_start).where(workflow_start.c.workflow_id == start.workflow_id).values(state="done")
    await starter._database.transact(lambda connection: connection.execute(done))
    return True


ROW = Row(
    number=19,
    fault="Temporal is away",
    injected="SIGSTOP and SIGCONT; in the long form SIGKILL and a start as well; reviews open and fall due meanwhile",
    invariants=("I2", "I7"),
    run=run,
    without="the second try of a start",
    control=control,
)
