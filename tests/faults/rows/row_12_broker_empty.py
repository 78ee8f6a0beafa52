"""The broker is lost with its log and comes back empty; nothing new happens meanwhile."""

import asyncio
import shutil
from contextlib import AbstractContextManager, nullcontext
from unittest.mock import patch

from deploy.local.kafka import KafkaServer
from shared.log.relay import Relay
from tests.faults.clients import writing
from tests.faults.experiment import Result, Row
from tests.faults.found import in_topic
from tests.faults.lab import Lab
from tests.faults.line import PARTITIONS, Line, laid, patiently

PATIENCE = 30.0


async def run(lab: Lab) -> Result:
    """The relay notices by itself that the topic is behind its cursor, and publishes from the store."""
    return await _emptied(lab, nullcontext(), patience=PATIENCE)


async def control(lab: Lab) -> Result:
    """A relay that trusts its cursor."""

    async def trusting(relay: Relay) -> None:
        """Looks at nothing."""

    return await _emptied(lab, patch.object(Relay, "_insist_on_topic", trusting), patience=0)


async def _emptied(lab: Lab, protection: AbstractContextManager[object], *, patience: float) -> Result:
    broker = lab.own_kafka()
    async with laid(lab, broker.bootstrap) as line:
        with protection:
            line.start(Relay(line.store, line.log.writer()).run())
            line.start(line.projector().run())
            async with writing(line.store, line.history) as clients:
                await clients.more(lab.size(400, 20_000))
            await line.caught_up()
            await _lose(broker, line)
            again = await _filled(line, patience)
            async with writing(line.store, line.history) as later:
                await later.more(lab.size(50, 2_000))
            await line.caught_up()
            findings, broken = await line.verdict()
        return Result(
            findings=findings,
            broken=[*broken, *([] if again else ["the topic was not filled again by itself"])],
            figures={"events": clients.acknowledged + later.acknowledged, "published again": again},
        )


async def _lose(broker: KafkaServer, line: Line) -> None:
    await asyncio.to_thread(broker.kill)
    shutil.rmtree(broker.records)
    await asyncio.to_thread(broker.start)
    await patiently(line.log.ensure, {line.topic: PARTITIONS})


async def _filled(line: Line, patience: float) -> int:
    """How many events the topic has got again, once they are all there or the patience is over."""
    wanted = (await line.store.head()).next_position
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while True:
        there = len({each.operation for each in await patiently(in_topic, line.log, line.topic)})
        if there >= wanted or loop.time() > end:
            return there
        await asyncio.sleep(0.2)


ROW = Row(
    number=12,
    fault="the broker is lost with its log",
    injected="SIGKILL, started on an empty folder",
    invariants=("I1", "I2", "I3", "I5"),
    run=run,
    without="the relay's look at the topic",
    control=control,
)
