"""A lease: one holder at a time, and an epoch by which what an old holder still does is refused."""

import os
import secrets
import time
from typing import Final

from sqlalchemy import ColumnElement, Connection, Double, Table, cast, extract, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.store.database import Database
from shared.store.tables import lease as table

SECONDS: Final = 6.0
RENEW_SECONDS: Final = 2.0


class LeaseLost(Exception):
    """Another holds the lease now: what was done since is refused by its epoch."""


class Lease:
    """A claim on `name` in a service's durable tables. Not held before `acquire` has said so.

    Expiry, by the database's clock, only decides when to try: a holder whose own clock is a day ahead must not keep its
    successor waiting for a day. What keeps two holders apart is the epoch, which each guarded write states. On SQLite
    one process alone serves a file (the data folder's lock sees to it), so that its claim succeeds at once, also right
    after its predecessor was killed.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._holder = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._epoch = -1
        self._renewed = 0.0
        self._held = False

    @property
    def epoch(self) -> int:
        """The epoch of the latest acquisition."""
        return self._epoch

    async def acquire(self) -> bool:
        """Take the lease, at a new epoch, if it is free, expired or ours; false if another holds it."""
        epoch = await self._database.transact(self._take)
        if epoch is None:
            return False
        self._epoch, self._renewed, self._held = epoch, time.monotonic(), True
        return True

    async def renew(self) -> None:
        """Extend the lease if it is time to; raises `LeaseLost` when it is another's."""
        if time.monotonic() - self._renewed < RENEW_SECONDS:
            return
        if not await self._database.transact(lambda connection: self._extend(connection, _now(connection) + SECONDS)):
            self._held = False
            raise LeaseLost(self._name)
        self._renewed = time.monotonic()

    async def release(self) -> None:
        """Let another have it at once; nothing to do where it is not held."""
        if not self._held:
            return
        self._held = False
        await self._database.transact(lambda connection: self._extend(connection, literal(0.0)))

    def _take(self, connection: Connection) -> int | None:
        insert_free(connection, table, name=self._name, holder="", epoch=0, expires_at=0.0)
        mine = table.c.name == self._name
        if connection.dialect.name != "sqlite":
            mine = mine & ((table.c.expires_at < _now(connection)) | (table.c.holder == self._holder))
        taken = {"holder": self._holder, "epoch": table.c.epoch + 1, "expires_at": _now(connection) + SECONDS}
        if connection.execute(update(table).where(mine).values(taken)).rowcount == 0:
            return None
        return int(connection.execute(select(table.c.epoch).where(table.c.name == self._name)).scalar_one())

    def _extend(self, connection: Connection, until: ColumnElement[float]) -> bool:
        held = (table.c.name == self._name) & (table.c.holder == self._holder) & (table.c.epoch == self._epoch)
        return connection.execute(update(table).where(held).values(expires_at=until)).rowcount == 1


def _now(connection: Connection) -> ColumnElement[float]:
    """The database's clock in POSIX seconds; SQLite's is the machine's."""
    if connection.dialect.name == "sqlite":
        return literal(time.time())
    return cast(extract("epoch", func.clock_timestamp()), Double)


def insert_free(connection: Connection, into: Table, **values: object) -> None:
    """Insert a row unless one with its key is there: on both engines the same words, by two classes of SQLAlchemy."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(insert(into).values(**values).on_conflict_do_nothing())
