"""A consumer that issues commands: at least once, saved after the append, and a bad record blocks its key alone."""

import asyncio
from collections.abc import Callable

import pytest

from shared.log.commander import Commander
from shared.log.port import Log, LogReader, LogWriter, Record
from shared.refusals import Refused
from shared.store.errors import StoreUnavailable
from shared.store.port import EMPTY, EventStore
from tests.contracts.log.conftest import Background
from tests.contracts.log.records import plain, published, streams
from tests.contracts.store.appends import key, one

TOPIC = "facts"


@pytest.fixture
async def sql(sql_log: Log) -> Log:
    await sql_log.ensure({TOPIC: 1})
    return sql_log


@pytest.fixture
def writer(sql: Log) -> LogWriter:
    return sql.writer()


@pytest.fixture
def reader(sql: Log) -> LogReader:
    return sql.reader()


class Desk:
    """Appends a fact for every record it is handed, under the source event's id; some it refuses."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.handed: list[str] = []
        self.refuses: Callable[[str], Exception | None] = lambda name: None

    async def __call__(self, record: Record) -> None:
        event = record.envelope
        name = f"{event.subject}/{event.streamversion}"
        self.handed.append(name)
        if (refusal := self.refuses(name)) is not None:
            raise refusal
        await self.store.append(one(f"copy of {name}", EMPTY, by=key(event.id)))

    async def copies(self) -> list[str]:
        return [stored.stream.removeprefix("copy of ") for stored in await self.store.after(-1, 10_000)]


@pytest.fixture
def desk(store: EventStore) -> Desk:
    return Desk(store)


def commander(desk: Desk, reader: LogReader, **more: int) -> Commander:
    return Commander(reader, desk.store.database, name="copier", topics=[TOPIC], issue=desk, **more)


async def caught_up(commands: Commander, reader: LogReader) -> None:
    async with asyncio.timeout(30):
        await commands.caught_up(await reader.ends([TOPIC]))


def names(streams_: str, versions: range) -> set[str]:
    return {f"{stream}/{version}" for stream in streams_ for version in versions}


async def test_every_record_becomes_a_command(
    desk: Desk, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    await writer.publish(TOPIC, streams("abc", 30))
    commands = commander(desk, reader)
    background(commands.run())
    await caught_up(commands, reader)
    assert set(await desk.copies()) == names("abc", range(30))
    for stream in "abc":
        mine = [name for name in desk.handed if name.startswith(stream)]
        assert mine == [f"{stream}/{version}" for version in range(30)]
    assert await commands.lag() == 0


async def test_one_at_a_time_keeps_the_order_of_the_log(
    desk: Desk, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    await writer.publish(TOPIC, streams("cab", 10))
    commands = commander(desk, reader, at_once=1)
    background(commands.run())
    await caught_up(commands, reader)
    assert await desk.copies() == [f"{stream}/{version}" for version in range(10) for stream in "cab"]


async def test_after_a_crash_records_come_again_and_have_one_effect(
    desk: Desk, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    """The fifth append is done, then the process dies before its progress is saved."""
    await writer.publish(TOPIC, streams("a", 10))
    died = asyncio.Event()
    original = desk.store.append

    async def append_and_die(wanted: object) -> object:
        receipt = await original(wanted)  # type: ignore[arg-type]
        if receipt.position == 4 and not died.is_set():
            died.set()
            await asyncio.Event().wait()
        return receipt

    desk.store.append = append_and_die  # type: ignore[assignment, method-assign]
    first = background(commander(desk, reader).run())
    await died.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    second = commander(desk, reader)
    background(second.run())
    await caught_up(second, reader)
    assert await desk.copies() == [f"a/{version}" for version in range(10)]
    assert len(desk.handed) > 10


async def test_a_record_that_cannot_be_handled_blocks_its_key_alone(
    desk: Desk, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    desk.refuses = lambda name: Refused("wrong-state", "no") if name == "a/2" else None
    await writer.publish(TOPIC, streams("ab", 5))
    commands = commander(desk, reader)
    background(commands.run())
    await caught_up(commands, reader)
    await writer.publish(TOPIC, [published("a", 5), published("b", 5)])
    await caught_up(commands, reader)
    assert set(await desk.copies()) == {*names("a", range(2)), *names("b", range(6))}
    assert desk.handed.count("a/2") == 5
    waiting = await commands.set_aside()
    assert [(each.record.envelope.streamversion, each.reason) for each in waiting] == [
        (2, "Refused: wrong-state: no"),
        *((version, None) for version in (3, 4, 5)),
    ]
    assert await commands.missing() == 4


async def test_a_released_key_drains_in_order(
    desk: Desk, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    desk.refuses = lambda name: LookupError(name) if name in ("a/1", "a/3") else None
    await writer.publish(TOPIC, streams("a", 5))
    commands = commander(desk, reader)
    background(commands.run())
    await caught_up(commands, reader)
    desk.refuses = lambda name: LookupError(name) if name == "a/3" else None
    assert await commands.release(b"a") == 2
    assert [each.reason for each in await commands.set_aside()] == ["LookupError: a/3", None]
    desk.refuses = lambda name: None
    assert await commands.release(b"a") == 2
    assert (await desk.copies(), await commands.missing()) == ([f"a/{version}" for version in range(5)], 0)


@pytest.mark.parametrize("fault", [StoreUnavailable("away"), Refused("too-contended", "five times")])
async def test_what_cannot_be_done_now_is_done_later_and_never_set_aside(
    fault: Exception, desk: Desk, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    attempts = iter([fault] * 2)
    desk.refuses = lambda name: next(attempts, None) if name == "a/1" else None
    await writer.publish(TOPIC, streams("ab", 3))
    commands = commander(desk, reader)
    background(commands.run())
    await caught_up(commands, reader)
    assert set(await desk.copies()) == names("ab", range(3))
    assert await commands.missing() == 0


async def test_a_key_in_which_only_waiting_records_are_left_is_freed_with_the_next(
    desk: Desk, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    """A record may queue behind a failed one in the moment in which that is released."""
    desk.refuses = lambda name: LookupError(name) if name == "a/0" else None
    await writer.publish(TOPIC, streams("a", 2))
    commands = commander(desk, reader)
    background(commands.run())
    await caught_up(commands, reader)
    done = "DELETE FROM set_aside WHERE reason IS NOT NULL"
    await desk.store.database.transact(lambda connection: connection.exec_driver_sql(done))
    await writer.publish(TOPIC, [published("a", 2)])
    await caught_up(commands, reader)
    assert (await desk.copies(), await commands.missing()) == (["a/1", "a/2"], 0)


async def test_a_record_that_comes_while_its_key_is_released_is_not_left_behind(
    desk: Desk, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    released = asyncio.Event()

    async def issue(record: Record) -> None:
        if record.key == b"b":
            await released.wait()  # holds up the batch in which a/1 was found to wait behind a/0
        await desk(record)

    desk.refuses = lambda name: LookupError(name) if name == "a/0" else None
    commands = Commander(reader, desk.store.database, name="copier", topics=[TOPIC], issue=issue)
    await writer.publish(TOPIC, [published("a", 0)])
    background(commands.run())
    await caught_up(commands, reader)
    await writer.publish(TOPIC, [published("a", 1), published("b", 0), published("c", 0)])
    async with asyncio.timeout(30):
        while "c/0" not in desk.handed:  # noqa: ASYNC110 - the desk wakes nobody
            await asyncio.sleep(0.01)
    desk.refuses = lambda name: None
    assert await commands.release(b"a") == 1
    released.set()
    await caught_up(commands, reader)
    assert (set(await desk.copies()), await commands.missing()) == ({"a/0", "a/1", "b/0", "c/0"}, 0)


async def test_what_waits_behind_a_dropped_record_drains_in_order(
    desk: Desk, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    await writer.publish(TOPIC, [published("a", 0), plain("a", "no event"), published("a", 1), published("a", 2)])
    commands = commander(desk, reader)
    background(commands.run())
    await caught_up(commands, reader)
    garbage, *_ = await commands.set_aside()
    assert await commands.release(b"a") == 0, "control: without dropping it nothing behind it moves"
    await commands.drop(garbage.record)
    assert await commands.release(b"a") == 2
    assert (await desk.copies(), await commands.missing()) == (["a/0", "a/1", "a/2"], 0)
