"""A database on a PostgreSQL server, through a pool of connections."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeVar

import asyncpg
from sqlalchemy import URL, Connection, RowMapping, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from shared.store.errors import StoreFrozen, StoreFull, StoreHeld, StoreUnavailable
from shared.store.postgres_liveness import keep_alive

T = TypeVar("T")
CONNECT_SECONDS: Final = 3.0
STATEMENT_SECONDS: Final = 30.0  # longer than any statement takes: the server is gone, and its socket does not know
SESSION: Final = {
    "application_name": "gatehouse",
    "timezone": "UTC",
    "synchronous_commit": "on",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "10s",
}
UNREACHABLE: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
GUARDED: Final[dict[str, type[Exception]]] = {"GH001": StoreFrozen, "GH002": StoreHeld}
"""What the rollback guard refuses a batch with (`schema/0002_postgresql.sql`)."""


class PostgresDatabase:
    """One database of a server; connections are made when needed and made again when they broke."""

    engine_name = "postgresql"

    def __init__(self, url: URL, *, connections: int = 5) -> None:
        self._engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=connections,
            max_overflow=connections,
            pool_timeout=5,
            connect_args={
                "server_settings": SESSION,
                "timeout": CONNECT_SECONDS,
                "command_timeout": STATEMENT_SECONDS,
            },
        )
        keep_alive(self._engine)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """As `Database.transact`."""
        with store_errors():
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """As `Database.reading`."""
        connection = self._engine.connect()
        with store_errors():
            await connection.start()
        try:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with store_errors(statements_only=True):
                async with connection.begin():
                    yield connection
        finally:
            await connection.close()

    async def rows(self, statement: Select[Any], **values: Any) -> Sequence[RowMapping]:
        """As `Database.rows`."""
        with store_errors():
            async with self._engine.connect() as connection:
                found: Sequence[RowMapping] = (await connection.execute(statement, values)).mappings().all()
                return found

    def fault(self, error: Exception) -> Exception | None:
        """As `Database.fault`."""
        return _meaning(_driver_error(error) if isinstance(error, DBAPIError) else error)

    async def close(self) -> None:
        """As `Database.close`."""
        await self._engine.dispose()


@contextmanager
def store_errors(*, statements_only: bool = False) -> Iterator[None]:
    """Turn what the driver raises into what those who use the store understand; our own mistakes stay as they are.

    `statements_only` leaves alone what did not come through SQLAlchemy: the timeouts of others in the same block.
    """
    try:
        yield
    except DBAPIError as error:
        if (meaning := _meaning(_driver_error(error))) is None:
            raise
        raise meaning from error
    except (*UNREACHABLE, asyncpg.PostgresError) as error:
        meaning = None if statements_only else _meaning(error)
        if meaning is None:
            raise
        raise meaning from error


def _driver_error(error: DBAPIError) -> BaseException | None:
    """asyncpg's own error, behind two wrappers of SQLAlchemy."""
    return getattr(error.orig, "__cause__", None) or error.orig


def _meaning(error: BaseException | None) -> Exception | None:
    if isinstance(error, asyncpg.DiskFullError):
        return StoreFull("the database server's disk is full")
    if (guarded := GUARDED.get(getattr(error, "sqlstate", None) or "")) is not None:
        return guarded(str(error))
    if isinstance(error, UNREACHABLE):
        return StoreUnavailable(f"PostgreSQL: {type(error).__name__}: {error}")
    return None
