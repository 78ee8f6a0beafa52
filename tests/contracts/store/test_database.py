"""The tables beside the events: written in whole transactions, read in one state."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    bindparam,
    func,
    insert,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from shared.store.database import Database
from shared.store.errors import StoreUnavailable
from shared.store.open import open_database

number = Table("number", MetaData(), Column("n", Integer, primary_key=True))


@pytest.fixture
async def database(events_url: str) -> AsyncIterator[Database]:
    opened = open_database(events_url)
    await opened.transact(number.metadata.create_all)
    yield opened
    await opened.close()


async def test_an_error_does_not_show_the_values_that_a_statement_was_given(database: Database) -> None:
    wrong = select(text("no_such_column")).where(number.c.n == bindparam("n"))
    with pytest.raises(DBAPIError) as written:
        await database.transact(lambda connection: connection.execute(wrong, {"n": 4711}))
    with pytest.raises((DBAPIError, sqlite3.Error)) as found:
        await database.rows(wrong, n=4711)
    with pytest.raises(DBAPIError) as read:
        async with database.reading() as connection:
            await connection.execute(wrong, {"n": 4711})
    for failed in (written, found, read):
        assert "no_such_column" in str(failed.value)
        assert "4711" not in str(failed.value)


async def count(database: Database) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(select(func.count()).select_from(number))).scalar_one())


async def test_a_transaction_returns_what_its_work_returns(database: Database) -> None:
    def work(connection: Connection) -> int:
        connection.execute(insert(number).values(n=7))
        return connection.execute(select(number.c.n)).scalar_one()

    assert await database.transact(work) == 7
    assert await count(database) == 1


async def test_work_that_raises_leaves_nothing(database: Database) -> None:
    def work(connection: Connection) -> None:
        connection.execute(insert(number).values(n=7))
        raise LookupError("no")

    with pytest.raises(LookupError):
        await database.transact(work)
    assert await count(database) == 0


async def test_a_reader_sees_one_state_though_others_write(database: Database) -> None:
    await database.transact(lambda connection: connection.execute(insert(number).values(n=1)))
    async with database.reading() as connection:
        before = (await connection.execute(select(number.c.n))).scalars().all()
        await database.transact(lambda connection: connection.execute(insert(number).values(n=2)))
        again = (await connection.execute(select(number.c.n))).scalars().all()
    assert (before, again) == ([1], [1])
    assert await count(database) == 2


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError):
        async with database.reading() as connection:
            await connection.execute(insert(number).values(n=1))
    assert await count(database) == 0


async def test_many_write_at_once_and_none_is_lost(database: Database) -> None:
    def add(n: int) -> asyncio.Future[object]:
        return asyncio.ensure_future(database.transact(lambda c: c.execute(insert(number).values(n=n))))

    await asyncio.gather(*map(add, range(50)))
    assert await count(database) == 50


async def test_a_reader_whose_own_wait_ran_out_is_told_so(database: Database) -> None:
    with pytest.raises(TimeoutError):
        async with database.reading(), asyncio.timeout(0.01):
            await asyncio.sleep(5)


async def test_a_statement_with_values_finds_the_same_as_any_other(database: Database) -> None:
    await database.transact(lambda connection: connection.execute(insert(number).values([{"n": 7}, {"n": 8}])))
    asked = select(number).where(number.c.n >= bindparam("least")).order_by(number.c.n)
    for least in (7, 8, 9):
        found = [dict(row) for row in await database.rows(asked, least=least)]
        assert found == [dict(row) for row in await database.rows(select(number).where(number.c.n >= least))]
        assert found == [{"n": n} for n in (7, 8) if n >= least]


async def test_sqlite_takes_no_prepared_statement_whose_values_need_a_change(tmp_path: Path) -> None:
    opened = open_database(f"sqlite:///{tmp_path / 'events.db'}")
    flag = Table("flag", MetaData(), Column("n", Boolean))
    with pytest.raises(TypeError):
        await opened.rows(select(flag).where(flag.c.n == bindparam("n")), n=True)
    await opened.close()


@pytest.mark.postgres
@pytest.mark.fault
async def test_of_two_that_wait_for_each_other_one_is_told_to_try_again(postgres_url: str) -> None:
    database = open_database(postgres_url)
    await database.transact(number.metadata.create_all)
    await database.transact(lambda connection: connection.execute(insert(number).values([{"n": 1}, {"n": 2}])))

    held = set[int]()

    def in_turn(first: int, then: int) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            connection.execute(select(number).where(number.c.n == first).with_for_update())
            held.add(first)
            while len(held) < 2:
                connection.execute(text("SELECT pg_sleep(0.01)"))  # the other's turn
            connection.execute(select(number).where(number.c.n == then).with_for_update())

        return work

    ended = await asyncio.gather(
        database.transact(in_turn(1, 2)), database.transact(in_turn(2, 1)), return_exceptions=True
    )
    assert [type(each) for each in ended if each is not None] == [StoreUnavailable]
    await database.close()


@pytest.mark.postgres
@pytest.mark.fault
async def test_a_server_that_only_reads_is_unavailable_and_its_connections_are_given_up(postgres_url: str) -> None:
    database, owner = open_database(postgres_url), open_database(postgres_url)
    await database.transact(number.metadata.create_all)
    name = make_url(postgres_url).database
    await owner.transact(lambda c: c.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')))
    await database.close()  # what it opens now is as after a failover: a session on a standby
    with pytest.raises(StoreUnavailable):
        await database.transact(lambda connection: connection.execute(insert(number).values(n=1)))
    await owner.transact(lambda c: c.execute(text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')))
    await database.transact(lambda connection: connection.execute(insert(number).values(n=1)))
    assert await count(database) == 1
    for each in (database, owner):
        await each.close()


async def test_a_closed_sqlite_file_is_not_opened_again_by_a_reader(tmp_path: Path) -> None:
    """A thread of such a reader would keep the process from ending."""
    opened = open_database(f"sqlite:///{tmp_path / 'events.db'}")
    await opened.transact(number.metadata.create_all)
    await opened.close()
    with pytest.raises(StoreUnavailable):
        await count(opened)
