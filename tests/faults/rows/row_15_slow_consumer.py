"""Two consumers that take 50 ms over every event stand before a backlog."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from math import isfinite
from pathlib import Path

from deploy.local.process import Child
from shared.log.relay import Relay
from tests.faults.clients import p99, writing
from tests.faults.derived import how_many
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.line import Line, laid

SECONDS_EACH = 0.05
MOST_MEBIBYTES = 50.0
PROBES = (200, 2_000)  # appends whose p99 is told, in the short and in the long form
PROBE_PAUSE = 0.04  # of each client
TIMES_BASELINE = 1.2
SHORT_FORM_SECONDS = 1.0  # in the short form too few appends on a busy machine for a ratio
LEAST_PACE = 0.25  # of what 50 ms allow: the rest is the machine's, the database's and the joining of the group
PATIENCE = 90.0


async def run(lab: Lab) -> Result:
    """What they have not come to yet lies in the log, not in their memory, and both keep their place in the group.

    How long the rest then takes is told, not bounded: the backlog is where this begins, not what a fault left behind.
    """
    async with _before_a_backlog(lab) as (line, relay):
        before = await _p99(lab, line)
        slow = [_come(lab, line) for _ in range(2)]
        resident = [await _begun(one) for one in slow]
        had, seconds = await how_many(line.views), lab.size(5, 60)
        during, _ = await asyncio.gather(_p99(lab, line), asyncio.sleep(seconds))  # the fault's length
        done = await how_many(line.views) - had
        await _published(line, relay)
        told, true = await _lag(line, slow)
        more = max(_mebibytes(one, "VmHWM") - first for one, first in zip(slow, resident, strict=True))
        for one in slow:
            await asyncio.to_thread(one.stop, signal.SIGINT)  # it leaves the group: nobody waits for its session to end
        line.start(line.projector().run())
        caught_up = await line.caught_up()
        findings, broken = await line.verdict()
    most = TIMES_BASELINE * before
    broken = [
        *broken,
        *([] if isfinite(caught_up) else ["what they had left was never folded"]),
        *_swollen(more),
        *([] if told == true else [f"the lag was told as {told}, it was {true}"]),
        *([] if done >= LEAST_PACE * seconds / SECONDS_EACH else [f"{done} events had an effect in {seconds} s"]),
        *(
            []
            if during <= (most if lab.long else max(most, SHORT_FORM_SECONDS))
            else [f"appends' p99 was {during:.3f} s"]
        ),
    ]
    figures = {"backlog": true + done, "seconds": seconds, "folded meanwhile": done, "more memory, MiB": more}
    figures |= {"lag told": told, "appends' p99 before, ms": before * 1000, "during, ms": during * 1000}
    return Result(findings=findings, broken=broken, figures={**figures, "seconds to lag 0": caught_up})


async def control(lab: Lab) -> Result:
    """They read all that there is before they begin."""
    async with _before_a_backlog(lab) as (line, _):
        slow = _come(lab, line, hoards=True)
        first = await _begun(slow)
        await asyncio.to_thread(slow.wait_until, lambda: "hoarded" in slow.tail(), within=PATIENCE)
        return Result(broken=_swollen(_mebibytes(slow, "VmHWM") - first))


@asynccontextmanager
async def _before_a_backlog(lab: Lab) -> AsyncIterator[tuple[Line, Relay]]:
    """A line with 80 MB and more in its topic, of which nothing has been folded."""
    async with laid(lab, lab.engines.kafka().bootstrap) as line:
        relay = Relay(line.store, line.log.writer())
        line.start(relay.run())
        async with writing(
            line.store, line.history, clients=32, pause=0, text="x" * lab.size(50_000, 16_000)
        ) as clients:
            await clients.more(lab.size(1_300, 10_000))
        await _published(line, relay)
        yield line, relay


async def _published(line: Line, relay: Relay) -> None:
    await relay.caught_up((await line.store.head()).next_position - 1)


def _come(lab: Lab, line: Line, *, hoards: bool = False) -> Child:
    return lab.program("projecting", {**line.options, "seconds": SECONDS_EACH, "hoards": hoards})


async def _begun(one: Child) -> float:
    """The MiB that it takes when it begins to read."""
    await asyncio.to_thread(one.wait_until, lambda: "ready" in one.tail(), within=PATIENCE)
    return _mebibytes(one, "VmRSS")


def _mebibytes(one: Child, field: str) -> float:
    lines = Path(f"/proc/{one.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


async def _p99(lab: Lab, line: Line) -> float:
    async with writing(line.store, line.history, pause=PROBE_PAUSE) as clients:
        await clients.more(lab.size(*PROBES))
    return p99(clients.seconds)


async def _lag(line: Line, slow: Sequence[Child]) -> tuple[int, int]:
    """The lag that a projector tells, and the true one, while the slow ones hold still."""
    for one in slow:
        one.send(signal.SIGSTOP)
    try:
        told = await line.projector().lag()
        return told, (await line.store.head()).next_position - await how_many(line.views)
    finally:
        for one in slow:
            one.send(signal.SIGCONT)


def _swollen(mebibytes: float) -> Sequence[str]:
    return [] if mebibytes <= MOST_MEBIBYTES else [f"a consumer grew by {mebibytes:.0f} MiB"]


ROW = Row(
    number=15,
    fault="slow consumers before a backlog",
    injected="two that take 50 ms over each event; 1,300 events of 50 kB (long form: 10,000 of 16 kB)",
    invariants=("I1", "I2", "I3", "I5"),
    run=run,
    without="reading no further than what is folded next",
    control=control,
)
