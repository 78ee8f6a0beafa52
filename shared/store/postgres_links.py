"""A PostgreSQL store's own connections: one that appends, one that listens, and some that read."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import asyncpg
from sqlalchemy import URL

from shared.store.postgres_database import CONNECT_SECONDS, SESSION
from shared.store.postgres_liveness import DEAD, probe

READERS: Final = 4
CHANNEL: Final = "gatehouse_grown"


class Links:
    """Made when first needed, made again when they broke; what is under way then raises the driver's error."""

    def __init__(self, url: URL) -> None:
        self._where = {
            "host": url.host,
            "port": url.port,
            "user": url.username,
            "password": url.password,
            "database": url.database,
            "timeout": CONNECT_SECONDS,
            "server_settings": SESSION,
        }
        self._writer: asyncpg.Connection | None = None
        self._listener: asyncpg.Connection | None = None
        self._pool: asyncpg.Pool | None = None
        self._making = asyncio.Lock()
        self._growth = asyncio.Event()

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[asyncpg.Connection]:
        """The connection that appends; one caller at a time. It is dropped when the block does not end well:
        whether the server still works on the statement is then unknown, and the next must not wait behind it."""
        if self._writer is None or self._writer.is_closed():
            self._writer = await self._connected()
        try:
            yield self._writer
        except asyncpg.ReadOnlySQLTransactionError:
            self._writer.terminate()  # a standby by now: the next connection may lead to the server that writes
            raise
        except asyncpg.PostgresError:
            raise  # the server answered: the connection is in order, or noticed itself that it is not
        except BaseException:
            self._writer.terminate()
            raise

    async def fetch(self, statement: str, *values: Any) -> Sequence[Any]:
        """The rows of one reading statement."""
        if self._pool is None:
            async with self._making:
                if self._pool is None:
                    self._pool = await asyncpg.create_pool(**self._where, min_size=0, max_size=READERS, init=_probed)
        rows: Sequence[Any] = await self._pool.fetch(statement, *values)
        return rows

    async def growth(self) -> asyncio.Event:
        """An event that is set at the next notification of an append; without a listener it may never be."""
        if self._listener is None or self._listener.is_closed():
            async with self._making:
                if self._listener is None or self._listener.is_closed():
                    with suppress(*DEAD):  # the caller polls as well
                        self._listener = await self._listening()
        return self._growth

    async def close(self) -> None:
        """Close all; what can't be closed in order within a second is cut."""
        for connection in (self._writer, self._listener):
            if connection is not None and not connection.is_closed():
                try:
                    await connection.close(timeout=1)
                except DEAD:
                    connection.terminate()
        if self._pool is not None:
            self._pool.terminate()

    async def _listening(self) -> asyncpg.Connection:
        connection = await self._connected()
        try:
            await connection.add_listener(CHANNEL, self._wake)
        except BaseException:
            connection.terminate()  # open but deaf, it would be kept
            raise
        return connection

    async def _connected(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(**self._where)
        probe(connection)
        return connection

    def _wake(self, *_notification: object) -> None:
        growth, self._growth = self._growth, asyncio.Event()
        growth.set()


async def _probed(connection: asyncpg.Connection) -> None:
    probe(connection)
