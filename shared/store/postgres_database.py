"""A database on a PostgreSQL server, through a pool of connections."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeVar
from weakref import WeakSet

import asyncpg
from sqlalchemy import URL, Connection, ExceptionContext, RowMapping, Select, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from shared.store.errors import StoreFrozen, StoreFull, StoreHeld, StoreUnavailable
from shared.store.postgres_liveness import keep_alive

T = TypeVar("T")
CONNECT_SECONDS: Final = 3.0
CLOSE_SECONDS: Final = 1.0
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
    asyncpg.InternalClientError,  # cut between two messages of the driver
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,  # a deadlock: of two that wait for each other, the server ends one
    asyncpg.ReadOnlySQLTransactionError,  # a standby, after a failover
    asyncpg.IdleInTransactionSessionTimeoutError,
)
"""What another time may go well: the statement made sense, and the server, or who else used it, was in its way."""
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
            hide_parameters=True,  # they hold names and addresses, and errors are logged
            connect_args={
                "server_settings": SESSION,
                "timeout": CONNECT_SECONDS,
                "command_timeout": STATEMENT_SECONDS,
            },
        )
        self._open: WeakSet[asyncpg.Connection] = WeakSet()
        keep_alive(self._engine)
        event.listen(self._engine.sync_engine, "connect", lambda made, _: self._open.add(made.driver_connection))
        event.listen(self._engine.sync_engine, "handle_error", _leave_standby)

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
        """As `Database.close`; what can't be closed in order within a second is cut."""
        closing = asyncio.ensure_future(self._engine.dispose())
        if not (await asyncio.wait([closing], timeout=CLOSE_SECONDS))[0]:
            for connection in list(self._open):
                connection.terminate()
        await closing


@contextmanager
def store_errors(*, statements_only: bool = False) -> Iterator[None]:
    """Turn what the driver raises into what those who use the store understand; our own mistakes stay as they are.

    `statements_only` is for a block that reads: it leaves alone what did not come through SQLAlchemy, the timeouts of
    others in the same block, and a write in it, which is a mistake.
    """
    try:
        yield
    except DBAPIError as error:
        cause = _driver_error(error)
        ours = statements_only and isinstance(cause, asyncpg.ReadOnlySQLTransactionError)
        if ours or (meaning := _meaning(cause)) is None:
            raise
        raise meaning from error
    except (*UNREACHABLE, asyncpg.PostgresError) as error:
        meaning = None if statements_only else _meaning(error)
        if meaning is None:
            raise
        raise meaning from error


def _leave_standby(context: ExceptionContext) -> None:
    """Give up every connection to a server that only reads: the next ones may lead to the one that writes."""
    cause = getattr(context.original_exception, "__cause__", None)
    context.is_disconnect = context.is_disconnect or isinstance(cause, asyncpg.ReadOnlySQLTransactionError)


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
