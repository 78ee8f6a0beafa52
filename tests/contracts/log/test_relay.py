"""The relay publishes every position in order: more than once if it must, never with one left out."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Connection, make_url, select, text, update

from shared.log.lease import SECONDS, Lease, LeaseLost
from shared.log.open import open_log
from shared.log.port import (
    CONTENT_TYPE,
    Ends,
    Log,
    LogReader,
    LogUnavailable,
    LogWriter,
    Outgoing,
    ends_after,
    facts_topic,
)
from shared.log.relay import GapInStore, Relay
from shared.store.port import EMPTY, EventStore
from shared.store.tables import relay_cursor
from tests.contracts.log.conftest import Background
from tests.contracts.log.records import replayed
from tests.contracts.store.appends import append, on
from tests.contracts.store.conftest import Opener

TOPIC = facts_topic("intake")


@pytest.fixture
async def sql(sql_log: Log) -> Log:
    await sql_log.ensure({TOPIC: 1})
    return sql_log


@pytest.fixture
def reader(sql: Log) -> LogReader:
    return sql.reader()


async def fill(store: EventStore, stream: str, count: int) -> int:
    """Appends that many events; returns the newest position."""
    await store.append(append(on(stream, (await store.read(stream)).version, *["x"] * count)))
    return (await store.head()).next_position - 1


def relayed(store: EventStore, log: Log, background: Background) -> tuple[Relay, asyncio.Task[None]]:
    relay = Relay(store, log.writer())
    return relay, background(relay.run())


async def caught_up(relay: Relay, position: int) -> None:
    async with asyncio.timeout(30):
        await relay.caught_up(position)


async def positions(reader: LogReader) -> list[int]:
    return [record.position for record in await replayed(reader, TOPIC)]


async def set_cursor(store: EventStore, position: int) -> None:
    moved = update(relay_cursor).values(position=position)
    await store.database.transact(lambda connection: connection.execute(moved))


async def test_every_event_is_published_in_order_and_says_what_it_is(
    store: EventStore, sql: Log, reader: LogReader, background: Background
) -> None:
    await fill(store, "a", 3)
    relay, _ = relayed(store, sql, background)
    await caught_up(relay, await fill(store, "b", 1_200))
    records = await replayed(reader, TOPIC)
    events = await store.after(-1, 5_000)
    assert [record.value for record in records] == [event.body for event in events]
    assert [record.position for record in records] == list(range(1_203))
    last = records[-1]
    assert (last.key, last.envelope.subject) == (b"b", "b")
    assert dict(last.headers) == {
        "content-type": CONTENT_TYPE,
        "event_id": events[-1].id.encode(),
        "pos": b"1202",
        "ver": b"1199",
        "schema": b"gatehouse.intake.discovery_settled.v1",
        "leaf": sha256(b"\x00" + last.value).hexdigest().encode(),
    }
    assert relay.status().leading


async def test_a_new_event_is_published_at_once(store: EventStore, sql: Log, background: Background) -> None:
    relay, _ = relayed(store, sql, background)
    await caught_up(relay, await fill(store, "a", 1))
    began = asyncio.get_running_loop().time()
    await caught_up(relay, await fill(store, "a", 1))
    assert asyncio.get_running_loop().time() - began < 0.9  # woken, not found by the one-second look


async def test_a_gap_stops_it_for_good_and_nothing_beyond_is_published(
    database_url: Callable[[str], str], store: EventStore, sql: Log, reader: LogReader
) -> None:
    await fill(store, "a", 10)
    await forget(database_url("events"), 6)
    relay = Relay(store, sql.writer())
    async with asyncio.timeout(30):
        with pytest.raises(GapInStore, match="position 6 is missing"):
            await relay.run()
    assert await positions(reader) == []
    assert "6" in (relay.status().stopped or "")
    with pytest.raises(GapInStore):
        await relay.caught_up(9)


async def forget(url: str, position: int) -> None:
    """What only an intruder with the owner's rights can do."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        connection.execute("DROP TRIGGER event_refuses_delete")
        connection.execute("DELETE FROM event WHERE pos = ?", (position,))
        connection.close()
        return
    operator = await asyncpg.connect(url.replace("+asyncpg", ""))
    await operator.execute("SET session_replication_role = replica")
    await operator.execute("DELETE FROM event WHERE pos = $1", position)
    await operator.close()


async def test_a_crash_between_acknowledgement_and_cursor_publishes_again(
    store: EventStore, sql: Log, reader: LogReader, background: Background
) -> None:
    last = await fill(store, "a", 20)
    first, running = relayed(store, sql, background)
    await caught_up(first, last)
    await ended(running)
    assert not first.status().leading
    await set_cursor(store, 14)
    second, _ = relayed(store, sql, background)
    await caught_up(second, await fill(store, "a", 1))
    assert await positions(reader) == [*range(20), *range(15, 21)]


async def ended(running: asyncio.Task[None]) -> None:
    """Ends a relay as a shutdown does."""
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_topic_that_lost_its_records_is_filled_again_from_the_store(
    store: EventStore, background: Background, tmp_path: Path
) -> None:
    last = await fill(store, "a", 700)
    for folder in ("before", "after"):  # the second log is empty: the broker came back without its disk
        log = await open_log(f"sqlite:///{tmp_path / folder / 'log.db'}")
        await log.ensure({TOPIC: 1})
        relay, running = relayed(store, log, background)
        await caught_up(relay, last)
        assert await positions(log.reader()) == list(range(700))
        await ended(running)
        await log.close()


class _Partitioned(LogWriter):
    """A topic of two partitions in memory: the records of streams `a` and `b`."""

    def __init__(self) -> None:
        self.parts: tuple[list[int], list[int]] = [], []

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> Ends:
        numbers = [int(record.key == b"b") for record in records]
        for number, record in zip(numbers, records, strict=True):
            self.parts[number].append(int(record.headers["pos"]))
        return ends_after(numbers, records)

    async def ends(self, topic: str) -> Ends:
        return {number: positions[-1] if positions else -1 for number, positions in enumerate(self.parts)}

    async def close(self) -> None:
        pass


async def partitioned(store: EventStore, background: Background) -> tuple[_Partitioned, asyncio.Task[None]]:
    """Positions 0 to 4 and 8 and 9 lie in one partition, 5 to 7 in another, by a relay that then works on."""
    topic = _Partitioned()
    for stream, count in (("a", 5), ("b", 3), ("a", 2)):
        last = await fill(store, stream, count)
    relay = Relay(store, topic)
    running = background(relay.run())
    await caught_up(relay, last)
    return topic, running


async def test_a_partition_that_lost_its_end_is_filled_again_while_another_ends_at_the_cursor(
    store: EventStore, background: Background
) -> None:
    topic, running = await partitioned(store, background)
    await ended(running)
    del topic.parts[1][1:]
    for _ in range(2):  # the second finds nothing lost
        relay = Relay(store, topic)
        running = background(relay.run())
        await caught_up(relay, 9)
        await ended(running)
        assert topic.parts == ([0, 1, 2, 3, 4, 8, 9, 8, 9], [5, 6, 7])


async def test_a_partition_that_loses_its_end_meanwhile_is_filled_again(
    store: EventStore, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.log.relay.LOOK_SECONDS", 0.1)
    topic, _ = await partitioned(store, background)
    topic.parts[1].clear()
    async with asyncio.timeout(30):
        while topic.parts[1] != [5, 6, 7]:  # noqa: ASYNC110 - the relay tells only of its cursor
            await asyncio.sleep(0.1)


async def test_what_an_older_release_sent_where_is_not_known_and_all_that_may_be_lost_is_sent(
    store: EventStore, background: Background
) -> None:
    topic, running = await partitioned(store, background)
    await ended(running)
    del topic.parts[0][-2:], topic.parts[1][1:]
    older = update(relay_cursor).values(ends="{}")
    await store.database.transact(lambda connection: connection.execute(older))
    relay = Relay(store, topic)
    background(relay.run())
    await caught_up(relay, 9)
    assert topic.parts == ([0, 1, 2, 3, 4, 8, 9], [5, 5, 6, 7])


class Unwilling(LogWriter):
    """A real writer before which the log is away for some attempts."""

    def __init__(self, writer: LogWriter, failures: int) -> None:
        self.writer, self.failures = writer, failures

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> Ends:
        if self.failures:
            self.failures -= 1
            raise LogUnavailable("away")
        return await self.writer.publish(topic, records)

    async def ends(self, topic: str) -> Ends:
        return await self.writer.ends(topic)

    async def close(self) -> None:
        await self.writer.close()


async def test_while_the_log_is_away_it_waits_and_then_goes_on(
    store: EventStore, sql: Log, reader: LogReader, background: Background
) -> None:
    last = await fill(store, "a", 5)
    relay = Relay(store, Unwilling(sql.writer(), failures=2))
    background(relay.run())
    await caught_up(relay, last)
    assert await positions(reader) == list(range(5))


@pytest.fixture
async def postgres_store(postgres_url: str) -> AsyncIterator[EventStore]:
    opener = Opener(postgres_url)
    yield await opener()
    await opener.close()


@pytest.mark.postgres
async def test_one_relay_leads_and_another_takes_over_when_it_ends(
    postgres_store: EventStore, sql: Log, reader: LogReader, background: Background
) -> None:
    store = postgres_store
    first, leading = relayed(store, sql, background)
    await caught_up(first, await fill(store, "a", 5))
    second, _ = relayed(store, sql, background)
    await caught_up(first, await fill(store, "a", 5))
    assert (first.status().leading, second.status().leading) == (True, False)
    await ended(leading)
    await caught_up(second, await fill(store, "a", 5))
    assert await positions(reader) == list(range(15))


class _Away:
    """A log that does not answer: it says so, or says nothing at all."""

    def __init__(self, *, silent: bool) -> None:
        self._silent, self.asked = silent, asyncio.Event()

    async def ends(self, topic: str) -> Ends:
        self.asked.set()
        if self._silent:
            await asyncio.Event().wait()
        raise LogUnavailable(topic)

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> Ends:
        raise LogUnavailable(topic)

    async def close(self) -> None:
        pass


@pytest.mark.postgres
@pytest.mark.parametrize("silent", [True, False])
async def test_a_relay_that_ends_while_it_waits_for_the_log_lets_go_of_its_lease(
    postgres_store: EventStore, background: Background, silent: bool
) -> None:
    away = _Away(silent=silent)
    running = background(Relay(postgres_store, away).run())
    await away.asked.wait()
    await ended(running)
    assert await Lease(postgres_store.database, "relay").acquire()


async def test_a_lease_has_one_holder_and_its_epoch_grows(store: EventStore) -> None:
    first, second = Lease(store.database, "x"), Lease(store.database, "x")
    assert await first.acquire()
    assert await second.acquire() is (store.database.engine_name == "sqlite")  # there the folder has one process
    if store.database.engine_name == "sqlite":
        assert second.epoch == first.epoch + 1
        return
    await first.release()
    assert await second.acquire()
    assert second.epoch == first.epoch + 1
    assert not await first.acquire()


async def test_a_holder_whose_clock_is_a_day_ahead_keeps_nobody_waiting_for_a_day(
    postgres_store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = time.time() + 86_400
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: ahead)
        assert await Lease(postgres_store.database, "x").acquire()
    left = text("SELECT expires_at - extract(epoch FROM clock_timestamp()) FROM lease WHERE name = 'x'")
    seconds = await postgres_store.database.transact(lambda connection: connection.execute(left).scalar_one())
    assert 0 < seconds <= SECONDS


async def test_an_old_holder_is_refused(store: EventStore, sql: Log) -> None:
    """The relay that was paused while another took over must not move the cursor."""
    await fill(store, "a", 5)
    old, new = Relay(store, sql.writer()), Relay(store, sql.writer())
    await old._lease.acquire()
    await old._begin()
    await store.database.transact(expire)
    await new._lease.acquire()
    await new._begin()
    with pytest.raises(LeaseLost):
        await old._publish(await store.after(-1, 10))
    saved = select(relay_cursor.c.position)
    assert await store.database.transact(lambda connection: connection.execute(saved).scalar_one()) == -1


def expire(connection: Connection) -> None:
    connection.exec_driver_sql("UPDATE lease SET expires_at = 0")


async def test_an_empty_store_has_nothing_to_publish(store: EventStore, sql: Log, background: Background) -> None:
    relay, _ = relayed(store, sql, background)
    await caught_up(relay, EMPTY)
    assert relay.status().position == EMPTY
