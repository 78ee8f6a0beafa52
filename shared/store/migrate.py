"""Brings a service's durable tables to the newest revision: at start when embedded, by the owner on the platform."""

from collections.abc import Callable
from importlib import import_module
from importlib.resources import files
from typing import Final

from sqlalchemy import Connection, inspect, make_url

from shared.store.database import Database
from shared.store.open import open_database
from shared.store.tables import APPEND_ONLY

_MIGRATION_LOCK: Final = 4715600212389714
_ONLY_READ: Final = ("event", "idempotency_key", "log_head", "alembic_version")


async def upgrade(url: str, service: str, *, app_role: str | None = None) -> None:
    """Run the revisions of `services/<service>/migrations` that the database has not seen, in one transaction.

    On PostgreSQL `app_role` is the role the product runs as: it may read the log and append through one function, may
    write the other tables, and may make the schemas of its derived tables. The caller connects as the owner.
    """
    database = open_database(url)
    try:
        await database.transact(lambda connection: _upgrade(connection, service))
        if app_role is not None and database.engine_name == "postgresql":
            await _grant(database, app_role, make_url(url).database or "")
    finally:
        await database.close()


def _upgrade(connection: Connection, service: str) -> None:
    if _revisions_in(connection) == [newest(service)]:
        return  # seen without the lock: no revision is ever taken back
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
    # Loaded only where there is something to run: Alembic takes a tenth of a second, at every start.
    bring: Callable[[Connection, str], None] = import_module("shared.store.migrations").bring
    bring(connection, service)


def newest(service: str) -> str:
    """The service's last revision: they are files, numbered in the order in which they run."""
    versions = files(f"services.{service}").joinpath("migrations", "versions")
    return max(file.name.partition("_")[0] for file in versions.iterdir() if file.name.endswith(".py"))


def _revisions_in(connection: Connection) -> list[str]:
    if not inspect(connection).has_table("alembic_version"):
        return []
    return list(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())


async def _grant(database: Database, role: str, name: str) -> None:
    def grant(connection: Connection) -> None:
        quote = connection.dialect.identifier_preparer.quote
        app = quote(role)
        every = "ALL TABLES IN SCHEMA public"
        for statement in (
            f"GRANT CONNECT, CREATE ON DATABASE {quote(name)} TO {app}",
            f"GRANT USAGE ON SCHEMA public TO {app}",
            f"REVOKE ALL ON {every} FROM {app}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {every} TO {app}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {app}",
            f"REVOKE UPDATE, DELETE ON {', '.join(APPEND_ONLY)} FROM {app}",
            f"REVOKE INSERT, UPDATE, DELETE ON {', '.join(_ONLY_READ)} FROM {app}",
            f"GRANT EXECUTE ON FUNCTION append_batch TO {app}",
        ):
            connection.exec_driver_sql(statement)

    await database.transact(grant)
