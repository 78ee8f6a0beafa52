"""Everything is delivered again: all partitions from offset zero."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Connection, update

from shared.log.books import progress
from shared.log.commander import Commander, DurableLedger
from shared.log.port import Record
from shared.log.relay import Relay
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EMPTY, EventStore, StreamAppend
from tests.contracts.store.appends import append, event, key
from tests.faults.checker import Findings, check_effects
from tests.faults.clients import writing
from tests.faults.derived import without_inbox
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab
from tests.faults.line import Line, ended, laid


async def run(lab: Lab) -> Result:
    """A projector and a commander read to the end, go back to offset zero, and read to the end again."""
    return await _redelivered(lab, nullcontext(), keyed=True)


async def control(lab: Lab) -> Result:
    """A projector without memory, a commander without keys."""
    return await _redelivered(lab, without_inbox(), keyed=False)


async def _redelivered(lab: Lab, protection: AbstractContextManager[None], *, keyed: bool) -> Result:
    events = lab.size(600, 20_000)
    with protection:
        async with laid(lab, lab.engines.kafka().bootstrap) as line:
            line.start(Relay(line.store, line.log.writer()).run())
            async with writing(line.store, line.history, pause=0) as clients:
                await clients.more(events)
            commands = await _commands(lab, line)
            digests = []
            for _ in range(2):
                await _read_to_the_end(line, commands, keyed=keyed)
                digests.append(await line.views.digest())
                await line.views.transact(_to_zero)
                await DurableLedger(commands.database).transact(_to_zero)
            await _read_to_the_end(line, commands, keyed=keyed)
            findings, broken = await line.verdict()
            same = digests[0] == digests[1] == await line.views.digest()
            findings += await _issued(line, commands)
            return Result(
                findings=findings,
                broken=[*broken, *([] if same else ["the digest is another"])],
                figures={"events": clients.acknowledged, "deliveries of each": 3},
            )


async def _commands(lab: Lab, line: Line) -> EventStore:
    """Another service's store, to which the commander appends one fact for each of the line's."""
    url = lab.database()
    await upgrade(url, "review")
    store = await open_store(url, "review")
    line.ending.push_async_callback(store.close)
    return store


async def _read_to_the_end(line: Line, commands: EventStore, *, keyed: bool) -> None:
    async def issue(record: Record) -> None:
        asked = f"of-{record.envelope.id}"
        # With its key an append quotes the first receipt; without, it goes on behind whatever is there.
        by = key(record.envelope.id) if keyed else None
        expected = EMPTY if keyed else (await commands.read(asked)).version
        one = StreamAppend(stream=asked, partitionkey=asked, expected=expected, events=[event(record.envelope.id)])
        await commands.append(append(one, by=by))

    name = f"{line.service}-commander"
    commander = Commander(line.log.reader(), commands.database, name=name, topics=[line.topic], issue=issue)
    projector = line.projector()
    running = [asyncio.create_task(each.run()) for each in (projector, commander)]
    ends = await line.log.reader().ends([line.topic])
    async with asyncio.timeout(90):
        await projector.caught_up(ends)
        await commander.caught_up(ends)
    for task in running:
        await ended(task)


async def _issued(line: Line, commands: EventStore) -> Findings:
    stored = await commands.after(-1, 1_000_000)
    effects: Sequence[str] = [each.stream.removeprefix("of-") for each in stored]
    return check_effects(line.history.operations(), effects)


def _to_zero(connection: Connection) -> None:
    connection.execute(update(progress).values(next_offset=0, last_event=None))


ROW = Row(
    number=17,
    fault="everything is delivered again",
    injected="projector and commander go back to offset zero, twice",
    invariants=("I1", "I2", "I3", "I5"),
    run=run,
    without="the inbox, and the commands' keys",
    control=control,
)
