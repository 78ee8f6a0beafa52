"""The tables beside the events: written in whole transactions, read in one state."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Boolean, Column, Connection, Integer, MetaData, Table, bindparam, func, insert, select
from sqlalchemy.exc import DBAPIError

from shared.store.database import Database
from shared.store.open import open_database

number = Table("number", MetaData(), Column("n", Integer, primary_key=True))


@pytest.fixture
async def database(events_url: str) -> AsyncIterator[Database]:
    opened = open_database(events_url)
    await opened.transact(number.metadata.create_all)
    yield opened
    await opened.close()


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
