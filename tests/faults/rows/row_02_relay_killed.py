"""The relay is killed when the topic has its records and its cursor does not say so yet."""

import asyncio

from sqlalchemy import Connection

from tests.faults.clients import writing
from tests.faults.derived import without_inbox
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.line import Line, laid

BETWEEN = 60  # acknowledged appends before a kill


async def run(lab: Lab) -> Result:
    """Each relay dies at its third acknowledgement; clients write all the while, a projector reads."""
    return await _killed(lab, kills=lab.size(2, 20))


async def control(lab: Lab) -> Result:
    """The topic's repeats reach a projector that remembers nothing."""
    with without_inbox():
        return await _killed(lab, kills=1)


async def _killed(lab: Lab, *, kills: int) -> Result:
    async with laid(lab, lab.engines.kafka().bootstrap) as line:
        line.start(line.projector().run())
        async with writing(line.store, line.history) as clients:
            for _ in range(kills):
                await clients.more(BETWEEN)
                relay = lab.program("relaying", {**line.options, "dies_in": 3})
                await asyncio.to_thread(relay.wait, within=60)
                if not lab.long:
                    await line.store.database.transact(_expire)
            lab.program("relaying", {**line.options, "dies_in": 0})
            await clients.more(BETWEEN)
        caught_up = await line.caught_up()
        findings, broken = await line.verdict()
        repeats = await line.repeats()
        return Result(
            findings=findings,
            broken=[*broken, *_tried(line, repeats)],
            figures={
                "kills": kills,
                "events": clients.acknowledged,
                "repeats in the topic": repeats,
                "seconds to lag 0": caught_up,
            },
        )


def _tried(line: Line, repeats: int) -> list[str]:
    return [] if repeats else [f"{line.topic} holds nothing twice: nothing was tried"]


def _expire(connection: Connection) -> None:
    """The short form does not wait six seconds for the lease of the killed."""
    connection.exec_driver_sql("UPDATE lease SET expires_at = 0")


ROW = Row(
    number=2,
    fault="the relay is killed between acknowledgement and cursor",
    injected="SIGKILL at that place, under 8 clients",
    invariants=("I1", "I2", "I3", "I5"),
    run=run,
    without="the inbox of the projection",
    control=control,
)
