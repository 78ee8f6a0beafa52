"""A database in an SQLite file: one thread writes, others read beside it (WAL)."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Select, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, StaticPool

from shared.store.errors import StoreFull, StoreUnavailable
from shared.store.sqlite_asked import Asked

T = TypeVar("T")
BUSY_SECONDS: Final = 3.0  # another process may hold the file: the command line beside the running product
READERS: Final = 4
CACHE_KIB: Final = 32 * 1024
"""Of pages, for each file of a connection, as far as used: the usual 2 MiB soon hold no index of random ids."""


class SqliteDatabase:
    """One file, and further files attached under schema names; only `path` and one other may change in a transaction.

    `durable` waits for the disk at every commit (synchronous=FULL). Derived tables do without: a power cut takes
    their newest rows and their progress together. They do without foreign keys too, or could not be dropped at will.
    """

    engine_name = "sqlite"

    def __init__(self, path: Path, *, attached: Mapping[str, Path] | None = None, durable: bool = True) -> None:
        self._path = path
        self._attached = dict(attached or {})
        self._synchronous = "FULL" if durable else "NORMAL"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix=f"writer of {path.name}")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix=f"reader of {path.name}")
        self._reader = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._looking: sqlite3.Connection | None = None
        self._asked: WeakKeyDictionary[Select[Any], Asked] = WeakKeyDictionary()
        self._closed = False
        self._write_engine = self._make_write_engine()
        self._read_engine = self._make_read_engine()
        self._look_engine = _engine(self._make_reader)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """As `Database.transact`."""
        return await self._in(self._writer, self._transact, work)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in the writer thread on the bare connection; it begins and ends its own transaction."""
        return await self._in(self._writer, self._write, work)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on a reader's bare connection, in one consistent read transaction."""
        return await self._in(self._readers, self._read, work)

    def look(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work`, one statement, at once, in the event loop's own thread.

        For what finds by key: it takes some 20 µs, and a walk to another thread and back ten times that. A reader
        never waits for the writer (WAL).
        """
        self._insist_open()
        if self._looking is None:
            self._looking = self._make_reader()
        with _store_errors():
            return work(self._looking)

    async def rows(self, statement: Select[Any], **values: Any) -> Sequence[Mapping[Any, Any]]:
        """As `Database.rows`; at once, as `look`."""
        if values:
            return self._prepared(statement, values)
        self._insist_open()
        with _store_errors(), self._look_engine.connect() as connection:
            return connection.execute(statement, values).mappings().all()

    def _prepared(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Mapping[Any, Any]]:
        """The rows of a statement that is built once and asked often, past SQLAlchemy, which takes ten times longer."""
        if (asked := self._asked.get(statement)) is None:
            asked = self._asked[statement] = Asked(statement, self._look_engine.dialect)
        return self.look(lambda connection: asked.rows(connection, values))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """As `Database.reading`."""
        self._insist_open()
        with _store_errors():
            async with self._read_engine.connect() as connection, connection.begin():
                yield connection

    def fault(self, error: Exception) -> Exception | None:
        """As `Database.fault`."""
        return _meaning(error.orig if isinstance(error, DBAPIError) else error)

    async def close(self) -> None:
        """As `Database.close`; waits for the write under way."""
        self._closed = True
        await self._read_engine.dispose()
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        await asyncio.to_thread(self._writer.shutdown)
        self._write_engine.dispose()

    async def _in(self, threads: ThreadPoolExecutor, step: Callable[[Any], T], work: Any) -> T:
        self._insist_open()
        with _store_errors():
            return await asyncio.get_running_loop().run_in_executor(threads, step, work)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        with self._write_engine.begin() as connection:
            return work(connection)

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._write_engine.connect() as connection:
            bare = connection.connection.driver_connection
            assert isinstance(bare, sqlite3.Connection)
            return work(bare)

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._reader, "connection", None)
        if connection is None:
            connection = self._reader.connection = self._make_reader()
        connection.execute("BEGIN")
        try:
            return work(connection)
        finally:
            connection.execute("ROLLBACK")

    def _make_reader(self) -> sqlite3.Connection:
        connection = self._connect()
        connection.execute("PRAGMA query_only = ON")
        self._opened.append(connection)
        return connection

    def _insist_open(self) -> None:
        if self._closed:
            raise StoreUnavailable(f"{self._path.name} is closed")

    def _connect(self) -> sqlite3.Connection:
        # Opened in one thread, closed in another; in between one thread alone uses it.
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        self._prepare(connection.execute)
        return connection

    def _prepare(self, execute: Callable[[str], Any]) -> None:
        execute(f"PRAGMA foreign_keys = {'ON' if self._synchronous == 'FULL' else 'OFF'}")
        for schema in ["main", *self._attached]:
            if schema != "main":
                path = str(self._attached[schema]).replace("'", "''")
                execute(f"ATTACH DATABASE '{path}' AS {schema}")
            execute(f"PRAGMA {schema}.journal_mode = WAL")
            execute(f"PRAGMA {schema}.synchronous = {self._synchronous}")
            execute(f"PRAGMA {schema}.cache_size = -{CACHE_KIB}")

    def _make_write_engine(self) -> Engine:
        engine = _engine(self._connect)
        event.listen(engine, "begin", _begin_immediate)
        return engine

    def _make_read_engine(self) -> AsyncEngine:
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{self._path}",
            poolclass=AsyncAdaptedQueuePool,
            pool_size=READERS,
            hide_parameters=True,
            connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
        )
        event.listen(engine.sync_engine, "connect", self._prepare_reader)
        event.listen(engine.sync_engine, "begin", _begin_reading)
        return engine

    def _prepare_reader(self, connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        self._prepare(cursor.execute)
        cursor.execute("PRAGMA query_only = ON")
        cursor.close()


def _engine(connect: Callable[[], sqlite3.Connection]) -> Engine:
    """Parameters hold names and addresses, and errors, which are logged, would show them."""
    return create_engine("sqlite://", creator=connect, poolclass=StaticPool, hide_parameters=True)


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        if (meaning := _meaning(error.orig if isinstance(error, DBAPIError) else error)) is None:
            raise
        raise meaning from error


def _meaning(error: BaseException | None) -> Exception | None:
    """What an SQLite error means to those who use the store; None for a mistake of ours (a bad statement)."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreFull("the disk is full")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return StoreUnavailable(f"SQLite: {error}")
    return None


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
