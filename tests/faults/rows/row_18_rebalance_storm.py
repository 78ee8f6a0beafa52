"""Consumers come and are killed without pause, and one wakes up that was taken for dead."""

import asyncio
import signal
from collections.abc import Callable

from sqlalchemy import Connection, select

from deploy.local.process import Child
from shared.log.books import progress
from shared.log.relay import Relay
from tests.faults.clients import writing
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.line import Line, laid

PATIENCE = 90.0
MEMBERS = 3
TURN_SECONDS = 2


async def run(lab: Lab) -> Result:
    """A frozen member wakes up when another has its partition, and saves nothing."""
    return await _storm(lab, turns=lab.size(1, 30), protected=True)


async def control(lab: Lab) -> Result:
    """The one that wakes up saves what it had read."""
    return await _storm(lab, turns=0, protected=False)


async def _storm(lab: Lab, *, turns: int, protected: bool) -> Result:
    async with laid(lab, lab.engines.kafka().bootstrap) as line:
        line.start(Relay(line.store, line.log.writer()).run())
        members = Members(lab, line, protected=protected)
        async with writing(line.store, line.history, pause=0.05) as clients:
            zombie = members.come(freezes_in=2)
            await until(lambda: "frozen" in zombie.said, zombie.child)
            for _ in range(MEMBERS):
                members.come()
            for _ in range(turns):
                await asyncio.sleep(TURN_SECONDS)  # the storm's pace
                members.turn()
            await zombie.taken_over(line)
            zombie.child.send(signal.SIGCONT)
            await until(lambda: "fenced" in zombie.said or "saved" in zombie.said, zombie.child)
            await clients.more(50)
        caught_up = await line.caught_up()
        findings, broken = await line.verdict()
        fenced = sum(each.said.count("fenced") for each in members.ever)
        return Result(
            findings=findings,
            broken=[*broken, *([] if fenced else ["no save was refused"])],
            figures={
                "killed": members.killed,
                "events": clients.acknowledged,
                "saves refused": fenced,
                "seconds to lag 0": caught_up,
            },
        )


class Member:
    """A consumer in a process of its own, and what it has said."""

    def __init__(self, child: Child) -> None:
        self.child = child

    @property
    def said(self) -> str:
        return self.child.log.read_text()

    async def taken_over(self, line: Line) -> None:
        """Wait until another has gone on with the partition that it froze on."""
        word = next(line for line in self.said.splitlines() if line.startswith("frozen"))
        _, partition, epoch, next_offset = word.split()
        of_it = select(progress.c.epoch, progress.c.next_offset).where(progress.c.partition == int(partition))

        def books(connection: Connection) -> bool:
            row = connection.execute(of_it).one()
            return row.epoch > int(epoch) and row.next_offset > int(next_offset)

        async with asyncio.timeout(PATIENCE):
            while not await line.views.transact(books):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.1)


class Members:
    """A group whose members never leave in order."""

    def __init__(self, lab: Lab, line: Line, *, protected: bool) -> None:
        self._lab, self._line, self._protected = lab, line, protected
        self._living: list[Member] = []
        self.ever: list[Member] = []
        self.killed = 0

    def come(self, *, freezes_in: int = 0) -> Member:
        """One more; who is going to freeze is not killed."""
        options = {**self._line.options, "protected": self._protected, "freezes_in": freezes_in}
        member = Member(self._lab.program("projecting", options))
        self.ever.append(member)
        if not freezes_in:
            self._living.append(member)
        return member

    def turn(self) -> None:
        """Three come, and the three oldest are killed."""
        for _ in range(MEMBERS):
            self.come()
        for each in self._living[:MEMBERS]:
            each.child.kill()
            self.killed += 1
        del self._living[:MEMBERS]


async def until(what: Callable[[], bool], child: Child) -> None:
    """Wait for what a member says."""
    await asyncio.to_thread(child.wait_until, what, within=PATIENCE)


ROW = Row(
    number=18,
    fault="a storm of rebalances",
    injected="every 2 s three consumers come and three are killed; one is frozen with a batch in its hands and thawed",
    invariants=("I1", "I2", "I3", "I5"),
    run=run,
    without="the fence and the inbox of the projection",
    control=control,
)
