"""A projection's tables in two slots: one is live, the other is empty or being rebuilt. Readers see only the live one.

On PostgreSQL a slot is a schema, `view_a` or `view_b`; on SQLite it is a file of its own, attached under that name, so
that a transaction's rows and progress are always in one file. Which one is live stands in the table `view_control`.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Column, Connection, Integer, MetaData, Select, Table, Text, make_url, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.log.books import SetAside, books, how_many_parked, offsets, parked
from shared.log.digest import Digest, digest
from shared.log.dropped import drops
from shared.log.lease import insert_free
from shared.log.port import Partition
from shared.log.projection import SCHEMA, Projection
from shared.store.database import Database
from shared.store.errors import StoreUnavailable
from shared.store.open import open_database, sqlite_path
from shared.store.sqlite_database import SqliteDatabase

SLOTS: Final = ("view_a", "view_b")
T = TypeVar("T")
_meta = MetaData()
control = Table(
    "view_control",
    _meta,
    Column("one", Integer, primary_key=True),
    Column("live", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("builder", Text, nullable=False),
)


class TakenOver(Exception):
    """Another rebuild of the same views began after this one: this one ends without effect."""


@dataclass(frozen=True, slots=True)
class Live:
    """Which slot is live and what it was built by."""

    slot: str
    definition: str

    @property
    def other(self) -> str:
        """The slot that readers don't see."""
        return SLOTS[1 - SLOTS.index(self.slot)]


class Views:
    """The derived tables of one projection. As a `Ledger`, its books and rows are those of the live slot."""

    def __init__(self, database: Database, projection: Projection) -> None:
        self.database = database
        self.projection = projection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one consistent state of the live slot.

        Raises `StoreUnavailable` while the slot still holds what another definition of the projection derived.
        """
        async with self.database.reading() as connection:
            live = Live(*(await connection.execute(_live())).one())
            self._insist(live)
            yield await connection.execution_options(schema_translate_map=places(live.slot))

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """As `Ledger.transact`, on the live slot; raises as `reading` does."""

        def on_live(connection: Connection) -> T:
            live = live_of(connection)
            self._insist(live)
            return work(in_slot(connection, live.slot))

        return await self.database.transact(on_live)

    async def stale(self) -> bool:
        """Whether what is live was derived by another definition."""
        live = await self.database.transact(live_of)
        return live.definition != self.projection.definition

    async def offsets(self) -> Mapping[Partition, int]:
        """Up to where each partition is in the live slot, whatever definition derived it."""

        def on_live(connection: Connection) -> Mapping[Partition, int]:
            return offsets(in_slot(connection, live_of(connection).slot), self.projection.name)

        return await self.database.transact(on_live)

    async def digest(self) -> Digest:
        """The digest of the live slot."""
        return await self.transact(lambda connection: digest(connection, self.projection))

    async def set_aside(self) -> Sequence[SetAside]:
        """The records that the live slot is missing, in the log's order."""
        return await self.transact(lambda connection: parked(connection, self.projection.name))

    async def missing(self, connection: AsyncConnection) -> int:
        """How many facts are missing from what this connection (of `reading`) shows: pages and KPIs say so."""
        return await connection.run_sync(how_many_parked, self.projection.name)

    async def close(self) -> None:
        """Let go of the database."""
        await self.database.close()

    def _insist(self, live: Live) -> None:
        if live.definition != self.projection.definition:
            raise StoreUnavailable(f"{self.projection.name} is being rebuilt")


async def open_views(url: str, projection: Projection) -> Views:
    """The views at `url`, made if they are not there; on SQLite `views.db` gets its slots as files beside it."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = sqlite_path(parsed)
        files = {slot: path.with_name(f"{path.stem}.{slot}{path.suffix}") for slot in SLOTS}
        database: Database = SqliteDatabase(path, attached=files, durable=False)
    else:
        database = open_database(url)
    await database.transact(lambda connection: _prepare(connection, projection))
    return Views(database, projection)


def live_of(connection: Connection) -> Live:
    """The slot that is live in this transaction."""
    return Live(*connection.execute(_live()).one())


def in_slot(connection: Connection, slot: str) -> Connection:
    """The connection with the projection's tables and its books found in that slot."""
    return connection.execution_options(schema_translate_map=places(slot))


def places(slot: str) -> dict[str | None, str | None]:
    """Where schemas are found when that slot is meant."""
    return {SCHEMA: slot, "books": slot}


def begin_building(connection: Connection, projection: Projection, builder: str) -> str:
    """Empty the slot that is not live, make its tables, and fence any other rebuild; returns its name.

    Without the secondary indexes: filled row by row, they cost more than the rows.
    """
    # Held from here on: a swap under way would make the slot that is wiped the live one.
    slot = Live(*connection.execute(_live().with_for_update()).one()).other
    connection.execute(update(control).values(builder=builder))
    _wipe(connection, slot)
    _make(connection, projection, slot)
    for index in projection.secondary_indexes:
        index.drop(in_slot(connection, slot))
    return slot


def insist(connection: Connection, builder: str) -> None:
    """Raise `TakenOver` unless this rebuild is still the one, and let no other begin before the transaction's end."""
    if connection.execute(select(control.c.builder).with_for_update()).scalar_one() != builder:
        raise TakenOver


def swap(connection: Connection, slot: str, definition: str) -> None:
    """Let readers see that slot from the end of this transaction on."""
    connection.execute(update(control).values(live=slot, definition=definition, builder=""))


def _live() -> Select[str, str]:
    return select(control.c.live, control.c.definition)


def _prepare(connection: Connection, projection: Projection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4715600212389715)")
        for slot in SLOTS:
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {slot}")
    _meta.create_all(connection)
    drops.create_all(connection)
    if connection.execute(select(control)).first() is None:
        insert_free(connection, control, one=1, live=SLOTS[0], definition=projection.definition, builder="")
        _make(connection, projection, SLOTS[0])


def _make(connection: Connection, projection: Projection, slot: str) -> None:
    placed = in_slot(connection, slot)
    projection.metadata.create_all(placed, checkfirst=False)
    books.create_all(placed, checkfirst=False)


def _wipe(connection: Connection, slot: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP SCHEMA {slot} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {slot}")
        return
    kept = connection.exec_driver_sql(f"SELECT name FROM {slot}.sqlite_master WHERE type = 'table'").scalars().all()  # noqa: S608
    for table in kept:
        connection.exec_driver_sql(f'DROP TABLE {slot}."{table}"')
