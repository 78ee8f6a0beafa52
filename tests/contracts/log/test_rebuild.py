"""A rebuild derives everything again aside, compares, and swaps; readers and the live projector hardly notice."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

import pytest
from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select

from shared.log.open import open_log
from shared.log.port import Log, LogReader, LogWriter, Record
from shared.log.projection import Projection
from shared.log.projector import Projector
from shared.log.views import TakenOver, Views, open_views
from shared.store.errors import StoreUnavailable
from tests.contracts.log.conftest import Background
from tests.contracts.log.portfolio import Folds, entry, portfolio, settled
from tests.contracts.log.records import plain, published, streams
from tests.contracts.log.test_projector import TOPIC, caught_up, missing, shown

Opening = Callable[[Projection], "asyncio.Future[Views]"]


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
async def opening(database_url: Callable[[str], str]) -> AsyncIterator[Callable[..., object]]:
    """Opens views of a projection, as one process after another would."""
    opened: list[Views] = []

    async def open_(projection: Projection) -> Views:
        opened.append(await open_views(database_url("views"), projection))
        return opened[-1]

    yield open_
    for views in opened:
        await views.close()


async def projected(views: Views, reader: LogReader, background: Background) -> Projector:
    projector = Projector(reader, views)
    background(projector.run())
    await caught_up(projector, reader)
    return projector


async def live_slot(views: Views) -> str:
    async with views.database.reading() as connection:
        return str((await connection.exec_driver_sql("SELECT live FROM view_control")).scalar_one())


async def test_a_rebuild_is_the_same_and_is_what_readers_see_from_then_on(
    opening: Opening, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    folds = Folds("3")
    views = await opening(portfolio([TOPIC], folds))
    await writer.publish(TOPIC, [*streams("ab", 260), *streams("ab", 5)])
    projector = await projected(views, reader, background)
    before, was = await views.digest(), await live_slot(views)
    rebuilt = await projector.rebuild()
    assert rebuilt.same
    assert (rebuilt.before, rebuilt.after) == (before, before)
    assert (await views.digest(), await live_slot(views) != was) == (before, True)
    assert rebuilt.events == 530
    assert await missing(views) == 524  # 3 of each and what waits behind it
    await writer.publish(TOPIC, [published("c", 0)])
    await caught_up(projector, reader)
    assert (await shown(views))["c"] == "0"
    assert (await projector.rebuild()).same
    assert await live_slot(views) == was


async def test_what_was_rebuilt_has_the_same_indexes(
    opening: Opening, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    views = await opening(portfolio([TOPIC]))
    await writer.publish(TOPIC, streams("ab", 5))
    projector = await projected(views, reader, background)
    before = await indexes(views)
    await projector.rebuild()
    assert "ix_view_entry_discovery" in before
    assert await indexes(views) == before


async def test_a_digest_holds_no_more_in_memory_of_a_larger_table(opening: Opening) -> None:
    views = await opening(portfolio([TOPIC]))
    few, many = await _peak(views, 2_000), await _peak(views, 40_000)
    assert many < 2 * few + 2**20, f"{few:,} bytes with 2,000 rows, {many:,} with 40,000"


async def _peak(views: Views, rows: int) -> int:
    """The most bytes that a digest of so many rows has at once."""
    made = [{"event_id": f"{number:040}", "discovery": f"{number:040}", "number": number} for number in range(rows)]
    await views.transact(
        lambda connection: [connection.execute(delete(entry)), connection.execute(insert(entry), made)]
    )
    tracemalloc.start()
    try:
        await views.digest()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def indexes(views: Views) -> Mapping[str, object]:
    """Those of the live slot, each with its columns."""
    slot = await live_slot(views)

    def of(connection: Connection) -> Mapping[str, object]:
        found = inspect(connection)
        tables = [table.name for table in views.projection.metadata.sorted_tables]
        return {
            str(each["name"]): (name, each["column_names"], each["unique"])
            for name in tables
            for each in found.get_indexes(name, schema=slot)
        }

    return await views.database.transact(of)


async def test_control_a_handler_that_is_not_pure_is_found_out(
    opening: Opening, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    folds = Folds()

    def impure(connection: Connection, record: Record) -> None:
        fact = record.fact
        row = {"discovery": f"{fact!r}"[:20] + str(len(folds.seen)), "times": 1, "reasons": "x"}
        folds.seen.append("")
        connection.execute(insert(settled).values(row | {"at": record.envelope.recordedtime}))

    views = await opening(portfolio([TOPIC], impure))
    await writer.publish(TOPIC, streams("ab", 5))
    projector = await projected(views, reader, background)
    rebuilt = await projector.rebuild()
    assert rebuilt.same is False
    assert rebuilt.before is not None
    assert rebuilt.before.offsets == rebuilt.after.offsets
    assert rebuilt.before.tables["settled"] != rebuilt.after.tables["settled"]
    assert rebuilt.before.tables["entry"] == rebuilt.after.tables["entry"]


async def test_it_finishes_and_loses_nothing_while_facts_keep_coming(
    opening: Opening, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    views = await opening(portfolio([TOPIC]))
    await writer.publish(TOPIC, streams("ab", 100))
    projector = await projected(views, reader, background)
    stop = asyncio.Event()

    async def keep_coming() -> int:
        version = 100
        while not stop.is_set():
            await writer.publish(TOPIC, [published("a", version), published("b", version)])
            version += 1
            await asyncio.sleep(0.005)
        return version

    coming = background(keep_coming())
    for _ in range(2):
        assert (await projector.rebuild()).same
    stop.set()
    versions = await coming
    await caught_up(projector, reader)
    assert await shown(views) == {name: " ".join(map(str, range(versions))) for name in "ab"}


async def test_a_reader_that_is_under_way_goes_on_seeing_what_it_saw(
    opening: Opening, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    views = await opening(portfolio([TOPIC]))
    await writer.publish(TOPIC, streams("a", 3))
    projector = await projected(views, reader, background)
    async with views.reading() as connection:
        before = (await connection.execute(select(settled))).all()
        assert (await projector.rebuild()).same
        await writer.publish(TOPIC, [published("a", 3)])
        await caught_up(projector, reader)
        assert (await connection.execute(select(settled))).all() == before
    assert await shown(views) == {"a": "0 1 2 3"}


async def test_readers_never_see_a_slot_half_done(
    opening: Opening, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    views = await opening(portfolio([TOPIC]))
    await writer.publish(TOPIC, streams("abcdefghij", 100))
    projector = await projected(views, reader, background)
    rebuilding = asyncio.create_task(projector.rebuild())
    looks = 0
    while not rebuilding.done():
        assert [len(reasons.split()) for reasons in (await shown(views)).values()] == [100] * 10
        looks += 1
    assert (await rebuilding).same
    assert looks > 3


async def test_a_changed_definition_rebuilds_itself_at_start_and_is_not_read_before(
    opening: Opening, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    old = await opening(portfolio([TOPIC]))
    await writer.publish(TOPIC, streams("ab", 50))
    projector = Projector(reader, old)
    running = background(projector.run())
    await caught_up(projector, reader)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    metadata = MetaData(schema="view")
    short = Table("short", metadata, Column("stream", String, primary_key=True))

    def apply(connection: Connection, record: Record) -> None:
        if record.envelope.streamversion == 0:
            connection.execute(insert(short).values(stream=record.envelope.subject))

    new = await opening(replace(portfolio([TOPIC]), metadata=metadata, apply=apply))
    with pytest.raises(StoreUnavailable):
        async with new.reading():
            pass
    await projected(new, reader, background)
    async with new.reading() as connection:
        assert (await connection.execute(select(short.c.stream).order_by(short.c.stream))).scalars().all() == ["a", "b"]
    with pytest.raises(StoreUnavailable):  # what still runs by the old definition can neither read nor write
        async with old.reading():
            pass
    with pytest.raises(StoreUnavailable):
        await old.transact(lambda connection: None)


async def test_a_new_version_of_the_rules_is_a_changed_definition(opening: Opening) -> None:
    first = portfolio([TOPIC])
    views = await opening(first)
    assert not await views.stale()
    assert await (await opening(portfolio([TOPIC], version="2"))).stale()
    assert await (await opening(portfolio([TOPIC, "more"]))).stale()


async def test_a_projection_that_follows_one_topic_less_is_rebuilt(
    opening: Opening, sql: Log, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    await sql.ensure({"more": 1})
    old = await opening(portfolio([TOPIC, "more"]))
    await writer.publish(TOPIC, streams("a", 3))
    await writer.publish("more", streams("b", 3))
    running = background(Projector(reader, old).run())
    async with asyncio.timeout(30):
        while await old.offsets() != await reader.ends([TOPIC, "more"]):  # noqa: ASYNC110 - the books wake nobody
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    new = await opening(portfolio([TOPIC]))
    await projected(new, reader, background)
    assert await shown(new) == {"a": "0 1 2"}
    assert await new.offsets() == await reader.ends([TOPIC])


async def test_of_two_rebuilds_the_later_one_goes_on(
    opening: Opening, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    first, second = await opening(portfolio([TOPIC])), await opening(portfolio([TOPIC]))
    await writer.publish(TOPIC, streams("abcdefghij", 150))
    projector = await projected(first, reader, background)
    outcomes = await asyncio.gather(projector.rebuild(), Projector(reader, second).rebuild(), return_exceptions=True)
    assert [outcome for outcome in outcomes if not isinstance(outcome, TakenOver)]
    assert all(isinstance(outcome, TakenOver) or outcome.same for outcome in outcomes)  # type: ignore[union-attr]
    assert len(await shown(first)) == 10


async def test_what_is_rebuilt_is_the_same_with_records_set_aside(
    opening: Opening, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    folds = Folds("2")
    views = await opening(portfolio([TOPIC], folds))
    await writer.publish(TOPIC, [published("a", v) for v in range(4)] + [published("b", v) for v in range(2)])
    projector = await projected(views, reader, background)
    aside = [(each.record.offset, each.reason) for each in await views.set_aside()]
    assert (await projector.rebuild()).same
    assert [(each.record.offset, each.reason) for each in await views.set_aside()] == aside
    folds.bad = set()
    assert await projector.release(b"a") == 2


@pytest.mark.postgres
async def test_both_engines_derive_the_same_digest(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory, background: Background
) -> None:
    folder = tmp_path_factory.mktemp("both")
    log = await open_log(f"sqlite:///{folder / 'log.db'}")
    await log.ensure({TOPIC: 1})
    await log.writer().publish(TOPIC, streams(["ä", "Z", "a", "_", "b-1", "b_2"], 20))
    digests = []
    for url in (f"sqlite:///{folder / 'views.db'}", postgres_url):
        views = await open_views(url, portfolio([TOPIC]))
        projector = Projector(log.reader(), views)
        running = background(projector.run())
        await caught_up(projector, log.reader())
        digests.append(await views.digest())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await views.close()
    await log.close()
    assert digests[0] == digests[1]


@pytest.mark.parametrize("dropping", [True, False])
async def test_what_was_dropped_stays_dropped_in_a_rebuild(
    dropping: bool, opening: Opening, writer: LogWriter, reader: LogReader, background: Background
) -> None:
    """With the control: garbage that was not dropped holds its key in the rebuild too."""
    views = await opening(portfolio([TOPIC]))
    unknown = published("a", 1, type="gatehouse.intake.never_heard_of.v1")
    await writer.publish(TOPIC, [published("a", 0), plain("a", "no event"), unknown, published("a", 2)])
    projector = await projected(views, reader, background)
    while dropping and (waiting := await projector.set_aside()):
        await projector.drop(waiting[0].record)
        await projector.release(b"a")
    found = ({"a": "0 2"}, 0) if dropping else ({"a": "0"}, 3)
    assert (await shown(views), await missing(views)) == found
    rebuilt = await projector.rebuild()
    assert rebuilt.same
    assert (await shown(views), await missing(views)) == found
