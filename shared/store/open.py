"""Opens a store or a database by its URL: `sqlite:////folder/file.db` or `postgresql+asyncpg://…`."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, make_url

from shared.store.birth import born
from shared.store.database import Database
from shared.store.port import EventStore
from shared.store.sqlite import SqliteStore
from shared.store.sqlite_database import SqliteDatabase


async def open_store(
    url: str,
    service: str,
    *,
    clock: Callable[[], datetime] | None = None,
    installation: str | None = None,
    domain: str | None = None,
) -> EventStore:
    """The store at `url`, whose tables `shared.store.migrate.upgrade` has made.

    `clock` stands in for the engine's own: the machine's on SQLite, the server's on PostgreSQL. `installation` and
    `domain` are given to a store at its birth and must be the same ever after; raises `WrongInstallation` otherwise.
    """
    database = open_database(url)
    try:
        birth = await born(database, service, installation, domain)
    except BaseException:
        await database.close()
        raise
    if isinstance(database, SqliteDatabase):
        return SqliteStore(database, birth, clock or _utc_now)
    from shared.store.postgres import PostgresStore
    from shared.store.postgres_database import PostgresDatabase

    assert isinstance(database, PostgresDatabase)
    return PostgresStore(database, make_url(url), birth, clock)


def open_database(url: str) -> Database:
    """The database at `url`; nothing is connected before it is used."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return SqliteDatabase(sqlite_path(parsed))
        case "postgresql":
            from shared.store.postgres_database import PostgresDatabase

            return PostgresDatabase(parsed)
        case other:
            raise ValueError(f"no store runs on {other}")


def sqlite_path(url: URL) -> Path:
    """The file that an SQLite URL names; raises `ValueError` for one in memory, which would not keep anything."""
    if not url.database or url.database == ":memory:":
        raise ValueError("a store needs a file")
    return Path(url.database)


def _utc_now() -> datetime:
    return datetime.now(UTC)
