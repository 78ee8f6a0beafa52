"""The clock of the database jumps, and relays whose own clocks are a day off or stand still follow one another."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import cycle, pairwise
from pathlib import Path

from deploy.local.process import EngineMissing
from shared.store.open import open_store
from tests.faults.clients import writing
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.line import BOUND_SECONDS, Line, laid

DAY = timedelta(days=1)
WITHIN_SECONDS = BOUND_SECONDS + 10  # a process starts, and its predecessor's lease ends, before the bound begins
CLOCKS = ("+1d", "-1d", "2026-03-02 09:00:00")  # the last stands still


async def run(lab: Lab) -> Result:
    """Who holds a lease is decided by the database's clock, and recorded times never decrease."""
    return await _jumped(lab, own_clock=False)


async def control(lab: Lab) -> Result:
    """A lease lasts by the clock of its holder: a day ahead, its successor waits for a day."""
    return await _jumped(lab, own_clock=True)


async def _jumped(lab: Lab, *, own_clock: bool) -> Result:
    if not (library := _faketime()):
        raise EngineMissing("faketime (Debian's package of that name) is not here")
    async with laid(lab, lab.engines.kafka().bootstrap) as line:
        line.start(line.projector().run())
        store = await open_store(line.url, line.service, clock=_Jumping())
        line.ending.push_async_callback(store.close)
        waits = []
        for clock in CLOCKS[:2] if own_clock else CLOCKS * lab.size(1, 5):
            # Not by the command of that name: it stays between us and the process that we kill.
            faked = {"LD_PRELOAD": library, "FAKETIME": clock, "DONT_FAKE_MONOTONIC": "1"}
            relay = lab.program("relaying", {**line.options, "own_clock": own_clock}, **faked)
            async with writing(store, line.history) as clients:
                await clients.more(lab.size(50, 1_000))
            waits.append(await _seconds_to_lag_zero(line))
            relay.kill()
        findings, broken = (Result().findings, []) if own_clock else await line.verdict()
        recorded = [stored.recordedtime for stored in await line.stored()]
    return Result(
        findings=findings,
        broken=[
            *broken,
            *(f"I6: no lag of zero after {clock}" for clock, wait in zip(cycle(CLOCKS), waits) if wait == float("inf")),
            *(f"{later} was recorded after {earlier}" for earlier, later in pairwise(recorded) if later < earlier),
        ],
        figures={"relays": len(waits), "events": len(recorded), "longest wait for lag 0, s": max(waits)},
    )


def _faketime() -> str:
    """Where faketime's library lies, empty where it does not."""
    return next((str(each) for each in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), "")


class _Jumping:
    """A database's clock that is right, a day ahead, and a day behind, in turns."""

    def __init__(self) -> None:
        self._by = cycle([timedelta(0), DAY, -DAY])

    def __call__(self) -> datetime:
        return datetime.now(UTC) + next(self._by)


async def _seconds_to_lag_zero(line: Line) -> float:
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            return await line.caught_up()
    except TimeoutError:
        return float("inf")


ROW = Row(
    number=22,
    fault="clocks jump by a day, or stand still",
    injected="relays under faketime: a day ahead, a day behind, still, each killed; the store's clock a day to and fro",
    invariants=("I1", "I2", "I3", "I5", "I6"),
    run=run,
    without="the database's clock in a lease (the holder's own)",
    control=control,
)
