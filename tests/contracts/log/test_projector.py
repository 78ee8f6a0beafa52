"""Every fact has its effect in the derived tables exactly once, whatever the log repeats and whoever crashes."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select, update

from shared.log.books import Fenced, claim, progress
from shared.log.folding import Folding
from shared.log.open import open_log
from shared.log.port import CHECKPOINT_TYPE, Log, LogReader, LogWriter, Outgoing, Record
from shared.log.projector import Projector
from shared.log.views import Views, open_views
from tests.contracts.log.conftest import Background
from tests.contracts.log.portfolio import Folds, entry, portfolio, settled
from tests.contracts.log.records import published, replayed, streams

TOPIC = "facts"
ROOT = Path(__file__).resolve().parents[3]


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


@pytest.fixture
def folds() -> Folds:
    return Folds()


@pytest.fixture
async def views(database_url: Callable[[str], str], folds: Folds) -> AsyncIterator[Views]:
    opened = await open_views(database_url("views"), portfolio([TOPIC], folds))
    yield opened
    await opened.close()


async def shown(views: Views) -> dict[str, str]:
    async with views.reading() as connection:
        rows = (await connection.execute(select(settled))).all()
    assert all(row.times == len(row.reasons.split()) for row in rows)
    return {row.discovery: row.reasons for row in rows}


async def missing(views: Views) -> int:
    async with views.reading() as connection:
        return await views.missing(connection)


async def caught_up(projector: Projector, reader: LogReader) -> None:
    async with asyncio.timeout(30):
        await projector.caught_up(await reader.ends([TOPIC]))


async def test_each_fact_has_its_effect_and_the_rows_are_seen(
    views: Views, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    projector = Projector(reader, views)
    background(projector.run())
    await writer.publish(TOPIC, streams("ab", 700))
    await caught_up(projector, reader)
    assert await shown(views) == {name: " ".join(map(str, range(700))) for name in "ab"}
    assert (await projector.lag(), await missing(views)) == (0, 0)


async def test_what_the_log_holds_twice_has_its_effect_once(
    views: Views, folds: Folds, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    events = streams("abc", 10)
    projector = Projector(reader, views)
    background(projector.run())
    await writer.publish(TOPIC, [*events[:20], *events[10:], *events])
    await writer.publish(TOPIC, events)
    await caught_up(projector, reader)
    assert await shown(views) == dict.fromkeys("abc", "0 1 2 3 4 5 6 7 8 9")
    assert len(folds.seen) == 30


async def test_streams_of_one_name_in_two_topics_are_two(
    sql: Log, database_url: Callable[[str], str], reader: LogReader, background: Background
) -> None:
    await sql.ensure({"others": 1})
    for topic in (TOPIC, "others"):
        await sql.writer().publish(topic, [published("a", 0), published("a", 1), published("a", 0)])
    seen: list[tuple[str, int]] = []

    def apply(_: Connection, record: Record) -> None:
        seen.append((record.partition.topic, record.envelope.streamversion))

    views = await open_views(database_url("views"), portfolio([TOPIC, "others"], apply))
    projector = Projector(reader, views)
    background(projector.run())
    async with asyncio.timeout(30):
        await projector.caught_up(await reader.ends([TOPIC, "others"]))
    assert sorted(seen) == [("facts", 0), ("facts", 1), ("others", 0), ("others", 1)]
    assert (await projector.rebuild()).same
    await views.close()


async def test_everything_delivered_again_changes_nothing(
    views: Views, folds: Folds, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    await writer.publish(TOPIC, streams("abc", 20))
    first = Projector(reader, views)
    running = background(first.run())
    await caught_up(first, reader)
    before = await views.digest()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await views.transact(lambda connection: connection.execute(update(progress).values(next_offset=0, last_event=None)))
    again = Projector(reader, views)
    background(again.run())
    await caught_up(again, reader)
    assert await views.digest() == before
    assert len(folds.seen) == 60


async def test_who_has_lost_a_partition_can_save_nothing(
    views: Views, folds: Folds, writer: LogWriter, reader: LogReader
) -> None:
    await writer.publish(TOPIC, streams("ab", 3))
    records = await replayed(reader, TOPIC)
    folding = Folding(views.projection, views, views.database.fault)
    partition = records[0].partition
    old = await views.transact(lambda connection: claim(connection, "portfolio", partition))
    new = await views.transact(lambda connection: claim(connection, "portfolio", partition))
    assert new.epoch == old.epoch + 1
    with pytest.raises(Fenced):
        await folding.take(old, records)
    assert await shown(views) == {}
    moved = await folding.take(new, records)
    assert moved.next == 6
    with pytest.raises(Fenced):
        await folding.take(replace(moved, next=5), records)
    assert await shown(views) == {"a": "0 1 2", "b": "0 1 2"}


def altered(event: Outgoing, old: bytes, new: bytes) -> Outgoing:
    assert old in event.value
    return replace(event, value=event.value.replace(old, new))


POISON = {
    "bad JSON": Outgoing(key=b"a", value=b'{"half', headers={"pos": b"99"}),
    "an attribute that is no text": altered(published("a", 2), b'"authtype":"', b'"authtype":"\xff'),
    "data that is no text": altered(published("a", 2), b'"reason":"', b'"reason":"\xff'),
    "no event": Outgoing(key=b"a", value=b"[]", headers={}),
    "unknown type": published("a", 2, type="gatehouse.intake.never_heard_of.v1"),
    "data of another shape": published("a", 2, type="gatehouse.intake.submitted.v1"),
    "a handler that raises": published("a", 2),
}


@pytest.mark.parametrize("kind", POISON)
async def test_what_cannot_be_handled_is_set_aside_and_blocks_its_key_alone(
    kind: str, views: Views, folds: Folds, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    folds.bad = {"2"} if kind == "a handler that raises" else set()
    poison = POISON[kind]
    a, b = streams("a", 6), [published("b", version) for version in range(2)]
    await writer.publish(TOPIC, [a[0], b[0], a[1], poison, *a[3:], b[1]])
    projector = Projector(reader, views)
    background(projector.run())
    await caught_up(projector, reader)
    assert await shown(views) == {"a": "0 1", "b": "0 1"}
    parked = await views.set_aside()
    assert [(each.record.value, each.reason is None, each.tries) for each in parked] == [
        (poison.value, False, 5),
        *((event.value, True, 0) for event in a[3:]),
    ]
    assert await missing(views) == 4
    await writer.publish(TOPIC, [published("b", 2), published("a", 6)])
    await caught_up(projector, reader)
    assert (await shown(views))["b"] == "0 1 2" or kind == "a handler that raises"
    assert (await shown(views))["a"] == "0 1"


async def test_a_record_is_tried_five_times_before_it_is_set_aside(
    views: Views, folds: Folds, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    folds.bad = {"1"}
    await writer.publish(TOPIC, streams("a", 3))
    projector = Projector(reader, views)
    background(projector.run())
    await caught_up(projector, reader)
    assert folds.seen.count("a/1") == 5
    [first, second] = await views.set_aside()
    assert (first.reason, first.tries, second.reason) == ("LookupError: can't stand 1", 5, None)
    async with views.reading() as connection:  # nothing of the failed attempts was kept
        assert len((await connection.execute(select(entry))).all()) == 1


async def test_a_failure_that_passes_is_not_set_aside(
    views: Views, folds: Folds, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    folds.bad = {"1"}
    original = Folds.__call__

    def forgiving(connection: object, record: Record) -> None:
        if folds.seen.count("a/1") == 3:
            folds.bad = set()
        original(folds, connection, record)  # type: ignore[arg-type]

    views.projection = replace(views.projection, apply=forgiving)
    await writer.publish(TOPIC, streams("a", 3))
    projector = Projector(reader, views)
    background(projector.run())
    await caught_up(projector, reader)
    assert await shown(views) == {"a": "0 1 2"}
    assert await missing(views) == 0


async def test_a_released_key_drains_in_order_up_to_what_still_fails(
    views: Views, folds: Folds, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    folds.bad = {"1", "3"}
    await writer.publish(TOPIC, streams("a", 5))
    projector = Projector(reader, views)
    background(projector.run())
    await caught_up(projector, reader)
    assert await projector.release(b"a") == 0
    assert (await views.set_aside())[0].tries == 6
    folds.bad = {"3"}
    assert await projector.release(b"a") == 2
    assert await shown(views) == {"a": "0 1 2"}
    assert [each.reason for each in await views.set_aside()] == ["LookupError: can't stand 3", None]
    folds.bad = set()
    assert await projector.release(b"a") == 2
    assert await shown(views) == {"a": "0 1 2 3 4"}
    assert await missing(views) == 0
    await writer.publish(TOPIC, [published("a", 5)])
    await caught_up(projector, reader)
    assert await shown(views) == {"a": "0 1 2 3 4 5"}


async def test_a_missing_event_holds_its_key_back_until_it_comes(
    views: Views, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    a, b = streams("a", 5), streams("b", 2)
    await writer.publish(TOPIC, [a[0], a[2], a[3], *b])
    projector = Projector(reader, views)
    background(projector.run())
    await caught_up(projector, reader)
    assert await shown(views) == {"a": "0", "b": "0 1"}
    assert "GapInStream: a is at version 0" in ((await views.set_aside())[0].reason or "")
    await writer.publish(TOPIC, [a[1], a[2], a[3], a[4]])
    await caught_up(projector, reader)
    assert await shown(views) == {"a": "0 1 2 3 4", "b": "0 1"}
    assert await missing(views) == 0


async def test_a_log_that_was_lost_and_written_again_is_read_again(
    views: Views, folds: Folds, background: Background, tmp_path: Path
) -> None:
    """The old log held repeats, so that the offsets of the new one mean something else."""
    events = streams("abc", 10)
    logs: list[tuple[str, Sequence[Outgoing]]] = [("old", [*events[:9], *events[:20]]), ("new", events)]
    for folder, content in logs:
        log = await open_log(f"sqlite:///{tmp_path / folder / 'log.db'}")
        await log.ensure({TOPIC: 1})
        await log.writer().publish(TOPIC, content)
        projector = Projector(log.reader(), views)
        running = background(projector.run())
        if folder == "old":
            await caught_up(projector, log.reader())
        async with asyncio.timeout(30):
            while len(folds.seen) < (20 if folder == "old" else 30):  # noqa: ASYNC110 - the folds only count
                await asyncio.sleep(0.01)
        await caught_up(projector, log.reader())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await log.close()
    assert await shown(views) == dict.fromkeys("abc", "0 1 2 3 4 5 6 7 8 9")


@pytest.mark.fault
async def test_a_projector_killed_at_any_moment_counts_nothing_twice_and_forgets_nothing(
    views: Views,
    database_url: Callable[[str], str],
    writer: LogWriter,
    reader: LogReader,
    background: Background,
    tmp_path: Path,
) -> None:
    events = streams([f"s{number}" for number in range(20)], 130)
    repeated = [record for index, event in enumerate(events) for record in ([event] * (2 if index % 10 == 0 else 1))]
    await writer.publish(TOPIC, repeated)
    where = [database_url("views"), f"sqlite:///{tmp_path / 'log.db'}", TOPIC]
    for hundreds in (7, 8, 6):  # in the middle of a batch of 500, each time a whole one further
        reached = sum((await views.offsets()).values())
        await asyncio.to_thread(killed_after, hundreds, where)
        assert reached < sum((await views.offsets()).values()) < len(repeated)
    projector = Projector(reader, views)
    background(projector.run())
    await caught_up(projector, reader)
    assert await shown(views) == {f"s{number}": " ".join(map(str, range(130))) for number in range(20)}


def killed_after(hundreds: int, where: Sequence[str]) -> None:
    """Lets a projector of its own process apply so many hundred facts."""
    command = [sys.executable, "-m", "tests.contracts.log.projecting", *where]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for _ in range(hundreds):
            assert running.stdout.readline()
        running.kill()


async def test_a_projection_declares_its_tables_where_they_can_be_swapped() -> None:
    stray = MetaData()
    Table("stray", stray, Column("n", Integer, primary_key=True))
    keyless = MetaData(schema="view")
    Table("keyless", keyless, Column("n", Integer))
    for wrong in (stray, keyless):
        with pytest.raises(ValueError):
            replace(portfolio([TOPIC]), metadata=wrong)


async def test_a_batch_that_is_taken_together_has_the_same_effect_and_the_same_poison(
    database_url: Callable[[str], str], folds: Folds, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    folds.bad = {"3"}
    together: list[int] = []

    def fold_all(connection: Connection, records: Sequence[Record]) -> None:
        together.append(len(records))
        for record in records:
            folds(connection, record)

    views = await open_views(database_url("together"), replace(portfolio([TOPIC], folds), together=fold_all))
    await writer.publish(TOPIC, [*streams("a", 3), *streams("b", 3)])
    projector = Projector(reader, views)
    background(projector.run())
    await caught_up(projector, reader)
    assert max(together) == 6
    await writer.publish(TOPIC, [*streams("a", 5)[3:], *streams("b", 3), published("c", 0)])
    await caught_up(projector, reader)
    assert await shown(views) == {"a": "0 1 2", "b": "0 1 2", "c": "0"}
    assert [each.reason for each in await views.set_aside()] == ["LookupError: can't stand 3", None]
    assert folds.seen.count("a/3") == 6  # once among others, five times alone
    await views.close()


async def test_checkpoints_are_no_events_and_each_is_applied(
    database_url: Callable[[str], str], writer: LogWriter, reader: LogReader, background: Background
) -> None:
    def apply(connection: Connection, record: Record) -> None:
        connection.execute(insert(entry).values(event_id=str(record.offset), discovery=record.value.decode(), number=0))

    views = await open_views(database_url("heads"), portfolio([TOPIC], apply))
    note = Outgoing(key=b"origin", value=b"note", headers={"content-type": CHECKPOINT_TYPE, "pos": b"4"})
    await writer.publish(TOPIC, [note, note])
    projector = Projector(reader, views)
    background(projector.run())
    await caught_up(projector, reader)
    async with views.reading() as connection:
        assert len((await connection.execute(select(entry))).all()) == 2
        assert await views.missing(connection) == 0
    await views.close()
