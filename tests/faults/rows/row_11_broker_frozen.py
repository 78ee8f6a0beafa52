"""The broker is frozen while clients append: they must not notice."""

import asyncio
import os
import signal
from contextlib import ExitStack

from deploy.local.kafka import KafkaServer
from shared.log.port import LogWriter
from shared.log.relay import Relay, outgoing
from tests.faults.clients import Clients, p99, writing
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.line import Line, laid, late, patiently
from tests.faults.timed import Timed

BASELINE = 400  # appends
PAUSE = 0.04  # of each client
PUBLISH_SECONDS = 5.0
ROUNDING_SECONDS = 1.0  # a busy loop wakes late
TIMES_BASELINE = 1.2
SHORT_FORM_SECONDS = 1.0  # in the short form, too few appends on a busy machine for a ratio: far from a publish's wait


async def run(lab: Lab) -> Result:
    """The relay publishes beside the appends; it gives up in time and goes on when the broker does."""
    return await _frozen(lab, seconds=lab.size(7, 30), inline=False)


async def control(lab: Lab) -> Result:
    """Each append waits until the log has acknowledged its record."""
    return await _frozen(lab, seconds=lab.size(3, 30), inline=True)


async def _frozen(lab: Lab, *, seconds: int, inline: bool) -> Result:
    broker = lab.own_kafka()
    async with laid(lab, broker.bootstrap) as line:
        writer = Timed(line.log.writer())
        line.ending.push_async_callback(writer.close)
        line.start(line.projector().run())
        if not inline:
            line.start(Relay(line.store, writer).run())
        async with writing(line.store, line.history, pause=PAUSE) as clients:
            if inline:
                clients.after = Inline(line, writer).publish
            await clients.more(BASELINE)
            baseline, clients.seconds = p99(clients.seconds), []
            await _freeze(broker, clients, seconds, stuck=inline)
            during = p99(clients.seconds)
        caught_up = await line.caught_up()
        findings, broken = await line.verdict()
        slow = during > (TIMES_BASELINE * baseline if lab.long else max(SHORT_FORM_SECONDS, TIMES_BASELINE * baseline))
        broken = [
            *broken,
            *late(lab, caught_up),
            *([f"appends' p99 was {during:.3f} s, {baseline:.3f} s before"] if slow else []),
            *([] if inline or writer.failures else ["no publishing failed: nothing was tried"]),
            *([] if max(writer.seconds) <= PUBLISH_SECONDS + ROUNDING_SECONDS else ["a publishing was not bounded"]),
        ]
        return Result(
            findings=findings,
            broken=broken,
            figures={
                "seconds frozen": seconds,
                "events": clients.acknowledged,
                "appends' p99 before, ms": baseline * 1000,
                "during, ms": during * 1000,
                "longest publishing, s": max(writer.seconds),
                "seconds to lag 0": caught_up,
            },
        )


class Inline:
    """The relay called by the append: what the control does."""

    def __init__(self, line: Line, writer: LogWriter) -> None:
        self._line, self._writer = line, writer

    async def publish(self, position: int) -> None:
        (event,) = await self._line.store.after(position - 1, 1)
        await patiently(self._writer.publish, self._line.topic, [outgoing(event)])


async def _freeze(broker: KafkaServer, clients: Clients, seconds: int, *, stuck: bool) -> None:
    with ExitStack() as thaw:
        os.kill(broker.pid, signal.SIGSTOP)
        thaw.callback(os.kill, broker.pid, signal.SIGCONT)
        await asyncio.sleep(seconds)  # the fault's length, not a wait for something
        if not stuck:
            await clients.more(BASELINE)
    if stuck:
        await clients.more(1)


ROW = Row(
    number=11,
    fault="the broker is frozen",
    injected="SIGSTOP, 8 clients appending, SIGCONT",
    invariants=("I1", "I2", "I3", "I5", "I6"),
    run=run,
    without="the relay between append and log (each append publishes by itself)",
    control=control,
)
