"""Starts are noted with the progress and made later: once each, whatever repeats and whoever is away."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from shared.log.port import Log, LogReader, LogWriter, Outgoing, Record
from shared.log.starter import Start, Starter, WorkflowStarts
from shared.store.port import EventStore
from shared.store.tables import workflow_start
from tests.contracts.log.conftest import Background
from tests.contracts.log.records import plain, published, streams

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


def due(record: Record) -> Sequence[Start]:
    """The first event of a stream starts its clock."""
    event = record.envelope
    return [Start(f"clock-{event.subject}", "clock", event.id)] if event.streamversion == 0 else []


def starts(store: EventStore, reader: LogReader) -> WorkflowStarts:
    return WorkflowStarts(reader, store.database, name="starts", topics=[TOPIC], due=due)


async def noted(store: EventStore) -> dict[str, str]:
    async with store.database.reading() as connection:
        rows = await connection.execute(select(workflow_start.c.workflow_id, workflow_start.c.state))
        return {row.workflow_id: row.state for row in rows}


async def caught_up(consumer: WorkflowStarts, reader: LogReader) -> None:
    async with asyncio.timeout(30):
        await consumer.caught_up(await reader.ends([TOPIC]))


async def all_made(starter: Starter) -> None:
    async with asyncio.timeout(30):
        while await starter.pending():  # noqa: ASYNC110 - what it waits for is in the database
            await asyncio.sleep(0.02)


class Engine:
    """Remembers what it was asked to start; may be away."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = 0

    async def start(self, start: Start) -> None:
        if self.away:
            self.away -= 1
            raise ConnectionError("away")
        self.asked.append(start.workflow_id)


async def test_a_start_is_noted_once_though_its_record_repeats(
    store: EventStore, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    await writer.publish(TOPIC, [*streams("ab", 3), *streams("ab", 3)])
    consumer = starts(store, reader)
    background(consumer.run())
    await caught_up(consumer, reader)
    assert await noted(store) == {"clock-a": "pending", "clock-b": "pending"}


async def test_what_is_noted_is_started_once(
    store: EventStore, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    engine = Engine()
    await writer.publish(TOPIC, streams([f"s{number}" for number in range(250)], 1))
    consumer, starter = starts(store, reader), Starter(store.database, engine.start, service="intake")
    background(starter.run())
    background(consumer.run())
    await caught_up(consumer, reader)
    await all_made(starter)
    assert sorted(engine.asked) == sorted(f"clock-s{number}" for number in range(250))
    assert set((await noted(store)).values()) == {"done"}
    await writer.publish(TOPIC, [published("s0", 0), published("new", 0)])
    await caught_up(consumer, reader)
    await all_made(starter)
    assert sorted(engine.asked)[:1] == ["clock-new"]
    assert len(engine.asked) == 251


async def test_while_the_engine_is_away_starts_wait(
    store: EventStore, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    engine = Engine()
    engine.away = 3
    await writer.publish(TOPIC, streams("ab", 1))
    consumer, starter = starts(store, reader), Starter(store.database, engine.start, service="intake")
    background(consumer.run())
    await caught_up(consumer, reader)
    assert await starter.pending() == 2
    background(starter.run())
    await all_made(starter)
    assert sorted(engine.asked) == ["clock-a", "clock-b"]
    assert engine.away == 0


async def test_a_record_that_cannot_be_read_is_counted_and_the_others_start(
    store: EventStore, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    bad = Outgoing(key=b"a", value=b"{", headers={})
    await writer.publish(TOPIC, [bad, *streams("ab", 1)])
    consumer = starts(store, reader)
    background(consumer.run())
    await caught_up(consumer, reader)
    assert (await consumer.missing(), set(await noted(store))) == (1, {"clock-a", "clock-b"})


async def test_what_could_not_be_read_is_looked_at_again_when_released(
    store: EventStore, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    unreadable = {"a"}

    def due_of_a_later_build(record: Record) -> Sequence[Start]:
        if record.envelope.subject in unreadable:
            raise LookupError("not in this build")
        return due(record)

    await writer.publish(TOPIC, [published("a", 0), plain("a", "no event"), published("b", 0)])
    consumer = WorkflowStarts(reader, store.database, name="starts", topics=[TOPIC], due=due_of_a_later_build)
    background(consumer.run())
    await caught_up(consumer, reader)
    assert (await noted(store), await consumer.missing()) == ({"clock-b": "pending"}, 2)
    assert await consumer.release(b"a") == 0
    unreadable.clear()
    assert await consumer.release(b"a") == 1
    assert await noted(store) == {"clock-a": "pending", "clock-b": "pending"}
    [garbage] = await consumer.set_aside()
    assert (garbage.record.value, garbage.tries) == (b"no event", 3)
    await consumer.drop(garbage.record)
    assert await consumer.missing() == 0
