"""Two rebuilds of the same views on PostgreSQL, where transactions run side by side: the later one waits."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import Connection, func, select, text
from sqlalchemy.util import await_only

from shared.log.views import TakenOver, Views, begin_building, insist, live_of, open_views, swap
from tests.contracts.log.conftest import Background
from tests.contracts.log.portfolio import portfolio

pytestmark = pytest.mark.postgres
WAITING = select(func.count().label("count")).select_from(text("pg_locks")).where(text("NOT granted"))


@pytest.fixture
async def views(postgres_url: str) -> AsyncIterator[Views]:
    opened = await open_views(postgres_url, portfolio(["facts"]))
    yield opened
    await opened.close()


async def _one_held(views: Views, background: Background, work: Callable[[Connection], None]) -> asyncio.Event:
    """The rebuild `one` has done `work` in a transaction that stays open until the event is set."""
    await views.database.transact(lambda connection: begin_building(connection, views.projection, "one"))
    done, go_on = asyncio.Event(), asyncio.Event()

    def working(connection: Connection) -> None:
        insist(connection, "one")
        work(connection)
        done.set()
        await_only(go_on.wait())

    background(views.database.transact(working))
    await done.wait()
    return go_on


async def _two_waits(views: Views, background: Background) -> "asyncio.Task[str]":
    """The rebuild `two`, which begins meanwhile and waits."""
    two = background(views.database.transact(lambda connection: begin_building(connection, views.projection, "two")))
    async with asyncio.timeout(10):
        while not (await views.database.rows(WAITING))[0]["count"]:
            assert not two.done(), "it did not wait"
            await asyncio.sleep(0.01)
    return two


async def test_no_slot_is_wiped_under_a_rebuild_that_writes_in_it(views: Views, background: Background) -> None:
    go_on = await _one_held(views, background, lambda connection: None)
    two = await _two_waits(views, background)
    go_on.set()
    await two
    with pytest.raises(TakenOver):
        await views.database.transact(lambda connection: insist(connection, "one"))


async def test_a_slot_that_has_just_become_the_live_one_is_not_wiped(views: Views, background: Background) -> None:
    was = await views.database.transact(live_of)
    go_on = await _one_held(views, background, lambda connection: swap(connection, was.other, was.definition))
    two = await _two_waits(views, background)
    go_on.set()
    assert (await two, (await views.database.transact(live_of)).slot) == (was.slot, was.other)
