"""What the rollback guard has said holds for every process, and is asked for anew when a database is served anew."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import make_url, text

from deploy.local.postgres import PostgresServer
from shared.store import batching
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EMPTY, EventStore, StoreFrozen, StoreHeld, StoreUnavailable
from tests.contracts.store.appends import key, one
from tests.contracts.store.conftest import Opener
from tests.engines import engine_folder, or_missing

REASON = "the log has size 1, and the witness has seen it at 9"


async def test_a_frozen_store_takes_nothing_by_any_handle_and_still_answers(opener: Opener) -> None:
    store, other = await opener(), await opener()
    await store.append(one("a", EMPTY, by=key("k")))
    await store.guard.freeze(REASON)
    for each in (store, other, await opener()):
        with pytest.raises(StoreFrozen, match=REASON):
            await each.append(one("a", 0))
        with pytest.raises(StoreFrozen, match=REASON):
            await each.append(one("a", 7, by=key("a loser of a race")))
        assert (await each.read("a")).version == 0
        assert (await each.replay(key("k"))) is not None
        assert (await each.guard.standing()).frozen == REASON


async def test_after_the_freeze_nothing_is_appended_by_those_who_were_at_it(opener: Opener) -> None:
    stores = [await opener(), await opener()]
    refused: list[str] = []

    async def write(store: EventStore, stream: str) -> None:
        version = EMPTY
        while True:
            try:
                version = (await store.append(one(stream, version))).version or 0
            except StoreFrozen as reason:
                refused.append(str(reason))
                return

    writers = [asyncio.create_task(write(stores[n % 2], f"s{n}")) for n in range(16)]
    while (await stores[0].head()).next_position < 50:  # noqa: ASYNC110 - until all are at it
        await asyncio.sleep(0)
    await (await opener()).guard.freeze(REASON)
    frozen_at = (await stores[0].head()).next_position
    await asyncio.gather(*writers)
    assert refused == [REASON] * 16
    assert (await stores[1].head()).next_position == frozen_at


async def test_the_first_reason_stays(store: EventStore) -> None:
    await store.guard.freeze(REASON)
    await store.guard.freeze("another")
    assert (await store.guard.standing()).frozen == REASON


async def test_only_the_answer_of_every_witness_thaws_a_store(store: EventStore) -> None:
    await store.guard.passed(witnessed=True, silent=None)
    await store.guard.freeze(REASON)
    assert (await store.guard.passed(witnessed=True, silent="away")).frozen == REASON
    assert (await store.guard.passed(witnessed=False, silent=None)).frozen == REASON, "its witness was sent away"
    await store.guard.passed(witnessed=True, silent="away")
    assert (await store.guard.passed(witnessed=True, silent=None)).frozen is None
    assert (await store.append(one("a", EMPTY))).position == 0


async def test_a_silent_witness_is_told_and_holds_nobody_back(store: EventStore) -> None:
    standing = await store.guard.passed(witnessed=True, silent="no route")
    assert (standing.held, standing.silent) == (False, "no route")
    assert (await store.append(one("a", EMPTY))).position == 0


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that this test may start again."""
    with engine_folder("postgres") as folder, or_missing(lambda: PostgresServer(folder)) as server:
        yield server


@pytest.fixture
async def served_anew(events_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Opener]:
    """Calls open a store whose file, or whose server, was opened anew since the call before."""
    if events_url.startswith("sqlite"):
        opener: Opener = Opener(events_url)
    else:
        opener = OnRestarted(request.getfixturevalue("own_server"))
    yield opener
    await opener.close()


class OnRestarted(Opener):
    """A store on a server that is started again each time."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__(server.url())
        self._server = server

    async def __call__(self, *_: object, **born: object) -> EventStore:
        await self.close()
        await asyncio.to_thread(self._server.stop)
        await asyncio.to_thread(self._server.start)
        return await super().__call__(**born)


async def test_a_witnessed_store_that_is_served_anew_waits_until_the_witnesses_were_asked(served_anew: Opener) -> None:
    store = await served_anew()
    await store.guard.passed(witnessed=True, silent=None)
    await store.append(one("a", EMPTY))
    store = await served_anew()
    assert (await store.guard.standing()).held
    waiting = asyncio.create_task(store.append(one("a", 0)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.3)
    assert (await store.head()).next_position == 1
    await store.guard.passed(witnessed=True, silent=None)
    assert (await waiting).position == 1


async def test_who_waits_too_long_for_the_witnesses_is_told_and_the_next_at_once(
    served_anew: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "HELD_SECONDS", 0.2)
    await (await served_anew()).guard.passed(witnessed=True, silent=None)
    store = await served_anew()
    with pytest.raises(StoreHeld):
        await store.append(one("a", EMPTY))
    monkeypatch.setattr(batching, "HELD_POLL_SECONDS", 3_600)
    with pytest.raises(StoreHeld):
        await store.append(one("a", EMPTY))
    await store.guard.passed(witnessed=True, silent=None)
    assert (await store.append(one("a", EMPTY))).position == 0


async def test_control_a_store_that_nobody_witnesses_waits_for_nobody(served_anew: Opener) -> None:
    await (await served_anew()).guard.passed(witnessed=False, silent=None)
    assert (await (await served_anew()).append(one("a", EMPTY))).position == 0


@pytest.mark.postgres
async def test_a_copy_of_the_database_put_in_its_place_under_a_running_server_waits_too(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    await upgrade(postgres_url, "intake")
    store = await open_store(postgres_url, "intake")
    await store.guard.passed(witnessed=True, silent=None)
    await store.append(one("a", EMPTY))
    await store.close()
    name = make_url(postgres_url).database
    await asyncio.to_thread(postgres_server.run_sql, f"create database older template {name}")
    await asyncio.to_thread(postgres_server.run_sql, f"drop database {name} with (force)")
    await asyncio.to_thread(postgres_server.run_sql, f"alter database older rename to {name}")
    store = await open_store(postgres_url, "intake")
    assert (await store.guard.standing()).held
    await store.close()


async def test_a_store_without_the_guards_row_takes_nothing(store: EventStore) -> None:
    await store.database.transact(lambda connection: connection.execute(text("DELETE FROM log_guard")))
    with pytest.raises(StoreUnavailable):
        await store.append(one("a", EMPTY))
    assert (await store.head()).next_position == 0
