"""What an engine does to the store in a bad hour, and that the store is well again afterwards."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import asyncpg
import pytest
from sqlalchemy import make_url, text

from shared.store.port import EMPTY, EventStore, StoreFull, StoreUnavailable
from shared.store.sqlite import SqliteStore
from tests.contracts.store.appends import append, key, on, one
from tests.contracts.store.conftest import Opener

T = TypeVar("T")


async def test_a_closed_store_takes_nothing_and_what_waited_is_kept(opener: Opener) -> None:
    store, other = await opener(), await opener()
    waiting = [asyncio.create_task(store.append(one(f"s{number}", EMPTY))) for number in range(20)]
    await asyncio.sleep(0)
    await store.close()
    assert len({(await task).position for task in waiting}) == 20
    with pytest.raises(StoreUnavailable):
        await store.append(one("late", EMPTY))
    assert (await other.head()).next_position == 20


async def test_a_caller_that_goes_away_disturbs_nobody(store: EventStore) -> None:
    tasks = [asyncio.create_task(store.append(one(f"s{n}", EMPTY, by=key(str(n))))) for n in range(50)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(not isinstance(outcome, BaseException) for outcome in outcomes[1::2])
    again = await asyncio.gather(*(store.append(one(f"s{n}", EMPTY, by=key(str(n)))) for n in range(50)))
    assert sorted(receipt.position or 0 for receipt in again) == list(range(50))


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[Opener]:
    opener = Opener(f"sqlite:///{tmp_path / 'events.db'}")
    yield opener
    await opener.close()


@pytest.fixture
async def on_postgres(postgres_url: str) -> AsyncIterator[Opener]:
    opener = Opener(postgres_url)
    yield opener
    await opener.close()


@pytest.mark.fault
async def test_sqlite_without_room_keeps_nothing_of_an_append_and_recovers(on_sqlite: Opener) -> None:
    store = await on_sqlite()
    assert isinstance(store, SqliteStore)
    await store.append(one("a", EMPTY))
    pages = await store.database.write(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
    await store.database.write(lambda c: c.execute(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(StoreFull):
        await store.append(append(on("a", 0, *["x" * 20_000] * 5), by=key("k")))
    assert (await store.head()).next_position == 1
    assert await store.replay(key("k")) is None
    await store.database.write(lambda c: c.execute("PRAGMA max_page_count = 1000000"))
    assert (await store.append(append(on("a", 0, *["x" * 20_000] * 5), by=key("k")))).position == 1


@pytest.mark.fault
async def test_sqlite_held_by_another_process_is_unavailable_and_recovers(on_sqlite: Opener) -> None:
    store = await on_sqlite()
    holder = sqlite3.connect(make_url(on_sqlite.url).database or "", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    async with asyncio.timeout(5):
        with pytest.raises(StoreUnavailable):
            await store.append(one("a", EMPTY))
    holder.close()
    assert (await store.append(one("a", EMPTY))).position == 0


@pytest.mark.postgres
@pytest.mark.fault
async def test_postgresql_that_cuts_its_connections_is_connected_again(on_postgres: Opener, postgres_url: str) -> None:
    store = await on_postgres()
    await store.append(one("a", EMPTY))
    growing = asyncio.create_task(patient(lambda: store.grown(1, 30)))
    operator = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    await operator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatehouse'"
    )
    await operator.close()
    version = 0
    while version < 2:
        try:
            await store.append(one("a", version, by=key(str(version))))
            version += 1
        except StoreUnavailable:
            version = (await patient(lambda: store.read("a"))).version
    assert (await patient(lambda: store.read("a"))).version == 2
    async with asyncio.timeout(10):
        await growing


@pytest.mark.postgres
async def test_a_listener_that_is_cut_off_as_it_begins_is_made_again(on_postgres: Opener) -> None:
    store = await on_postgres()
    await store.append(one("a", EMPTY))
    begin, cut = asyncpg.Connection.add_listener, list[asyncpg.Connection]()

    async def cut_once(self: asyncpg.Connection, *given: Any) -> None:
        if cut:
            return await begin(self, *given)
        cut.append(self)
        raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

    with patch.object(asyncpg.Connection, "add_listener", cut_once):
        for _ in range(2):
            await store.grown(0, 0.01)
    assert cut[0].is_closed()
    growing = asyncio.create_task(store.grown(0, 30))
    await store.append(one("a", 0, by=key("b")))
    async with asyncio.timeout(10):
        await growing


async def patient(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, once the store is there again."""
    while True:
        try:
            return await ask()
        except StoreUnavailable:
            await asyncio.sleep(0.05)


async def test_a_bad_statement_of_ours_is_not_mistaken_for_an_engine_that_is_away(store: EventStore) -> None:
    for work in (lambda c: c.execute(text("SELECT * FROM nowhere")), lambda c: c.execute(text("SELEC 1"))):
        with pytest.raises(Exception, match=r"nowhere|SELEC") as caught:
            await store.database.transact(work)
        assert not isinstance(caught.value, StoreUnavailable)


@pytest.mark.postgres
@pytest.mark.fault
async def test_postgresql_that_only_reads_after_a_failover_is_left_for_the_one_that_writes(
    on_postgres: Opener, postgres_url: str
) -> None:
    store, name = await on_postgres(), make_url(postgres_url).database
    operator = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    await operator.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    with pytest.raises(StoreUnavailable, match="ReadOnly"):
        await store.append(one("a", EMPTY))
    await operator.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    await operator.close()
    assert (await store.append(one("a", EMPTY))).position == 0
