"""Facts are only ever added: the engine itself refuses everything else."""

import sqlite3
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from shared.log.views import open_views
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EMPTY, EventStore
from tests.contracts.log.portfolio import portfolio
from tests.contracts.store.appends import append, key, on, one

TABLES = {"event": "stream", "idempotency_key": "scope", "installation": "domain"}
CHANGES = [
    *(f"UPDATE {table} SET {column} = 'other'" for table, column in TABLES.items()),
    *(f"DELETE FROM {table}" for table in TABLES),
    "UPDATE log_head SET next_position = 1",
    "UPDATE log_head SET recordedtime = '2001-01-01T00:00:00.000000Z'",
    "DELETE FROM log_head",
    "UPDATE checkpoint SET signed_at = 1",
    "DELETE FROM checkpoint",
]
_REST = "type, partitionkey, recordedtime, body, leaf FROM event WHERE pos = 0"
REPLACEMENTS = [
    f"INSERT OR REPLACE INTO event SELECT {{pos}}, event_id, stream, ver, {_REST}",
    f"INSERT OR REPLACE INTO event SELECT 0, 'other', 'other', 0, {_REST}",
]


async def fill(store: EventStore) -> None:
    await store.append(append(on("a", EMPTY, "x", "y"), by=key("k")))


@pytest.mark.parametrize("change", CHANGES)
async def test_sqlite_refuses_to_change_what_is_there(change: str, tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    await refused_by_sqlite(path, change)


@pytest.mark.parametrize("position", [0, 2])
@pytest.mark.parametrize("replacement", REPLACEMENTS)
async def test_sqlite_refuses_to_replace_what_is_there(replacement: str, position: int, tmp_path: Path) -> None:
    await refused_by_sqlite(tmp_path / "events.db", replacement.format(pos=position))


async def refused_by_sqlite(path: Path, change: str) -> None:
    await upgrade(f"sqlite:///{path}", "intake")
    store = await open_store(f"sqlite:///{path}", "intake")
    await fill(store)
    await store.close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO checkpoint VALUES (2, x'00', x'00', 0)")
    before = list(connection.execute("SELECT * FROM event")) + list(connection.execute("SELECT * FROM log_head"))
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|only grows"):
        connection.execute(change)
    after = list(connection.execute("SELECT * FROM event")) + list(connection.execute("SELECT * FROM log_head"))
    connection.close()
    assert after == before


@pytest.mark.postgres
async def test_postgresql_refuses_to_change_what_is_there_even_to_the_superuser(postgres_url: str) -> None:
    await upgrade(postgres_url, "intake")
    store = await open_store(postgres_url, "intake")
    await fill(store)
    await store.close()
    connection = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    await connection.execute("INSERT INTO checkpoint VALUES (2, '', '', 0)")
    for change in [*CHANGES, *(f"TRUNCATE {table}" for table in [*TABLES, "log_head", "checkpoint"])]:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(change)
    await connection.close()


@pytest.mark.postgres
async def test_the_products_role_appends_and_works_without_any_right_to_rewrite(postgres_url: str) -> None:
    owner = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    role = f"app_of_{make_url(postgres_url).database}"
    await owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'p'")
    await upgrade(postgres_url, "intake", app_role=role)
    url = make_url(postgres_url).set(username=role, password="p").render_as_string(hide_password=False)
    store = await open_store(url, "intake")
    await store.append(one("a", EMPTY, by=key("k")))
    assert (await store.append(one("a", EMPTY, by=key("k")))).replayed
    assert (await store.read("a")).version == 0
    await store.close()
    views = await open_views(url, portfolio(["facts"]))
    assert await views.offsets() == {}
    await views.close()
    app = await asyncpg.connect(url.replace("+asyncpg", ""))
    inserted = "INSERT INTO event SELECT 1, gen_random_uuid(), 'x', 0, type, 'x', recordedtime, body, leaf FROM event"
    for change in [*CHANGES, inserted, "TRUNCATE event", "DROP TABLE event", "ALTER TABLE event DISABLE TRIGGER ALL"]:
        with pytest.raises(asyncpg.PostgresError):
            await app.execute(change)
    await app.close()
    await owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    await owner.close()
