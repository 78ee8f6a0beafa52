"""The event store in an SQLite file: the embedded run's.

Commands that wait together are decided one after the other inside one transaction of the file's writer thread.
"""

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import literal

from shared.store.batching import Batcher, Outcome
from shared.store.birth import Birth
from shared.store.drafting import Drafted, drafted
from shared.store.port import EMPTY, Append, Head, Key, Past, Receipt, Stored, StoreUnavailable
from shared.store.rollback_guard import RollbackGuard
from shared.store.sqlite_batch import Batch, head_of, insist_on_guard, replayed
from shared.store.sqlite_database import SqliteDatabase

POLL_SECONDS: Final = 0.25  # notices what another process appended
_COLUMNS: Final = "pos, event_id, stream, ver, type, recordedtime, body, leaf"
_READ: Final = f"""
    SELECT h.recordedtime, {", ".join(f"e.{name}" for name in _COLUMNS.split(", "))}
    FROM log_head h LEFT JOIN event e ON e.stream = ? ORDER BY e.ver
"""  # noqa: S608 - our own constant
_SYNC_FAILED: Final = (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)


class SqliteStore:
    """As `EventStore`. `clock` gives the time of recording; it may jump, recorded times still never decrease."""

    def __init__(self, database: SqliteDatabase, birth: Birth, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._birth = birth
        self._clock = clock
        self._batcher = Batcher(self._commit)
        self._growth = asyncio.Event()
        self._unsynced = False
        self._serving = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._guard = RollbackGuard(database, literal(self._serving))

    @property
    def installation(self) -> str:
        """As `EventStore.installation`."""
        return self._birth.installation

    @property
    def service(self) -> str:
        """As `EventStore.service`."""
        return self._birth.service

    @property
    def origin(self) -> str:
        """As `EventStore.origin`."""
        return self._birth.origin

    @property
    def database(self) -> SqliteDatabase:
        """As `EventStore.database`."""
        return self._database

    @property
    def guard(self) -> RollbackGuard:
        """As `EventStore.guard`."""
        return self._guard

    async def read(self, stream: str) -> Past:
        """As `EventStore.read`."""
        # One statement is one snapshot: the time read with the events is not older than the newest of them.
        rows = self._database.look(lambda connection: connection.execute(_READ, (stream,)).fetchall())
        events = [_stored(row[1:]) for row in rows if row[1] is not None]
        version = events[-1].version if events else EMPTY
        last = None if rows[0][0] is None else datetime.fromisoformat(rows[0][0])
        return Past(stream=stream, version=version, events=events, now=self._now(last))

    async def append(self, append: Append) -> Receipt:
        """As `EventStore.append`."""
        return await self._batcher.submit(drafted(append, f"//{self.origin}"))

    async def replay(self, key: Key) -> Receipt | None:
        """As `EventStore.replay`."""
        outcome = self._database.look(lambda connection: replayed(connection, key))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def after(self, position: int, limit: int) -> Sequence[Stored]:
        """As `EventStore.after`."""
        statement = f"SELECT {_COLUMNS} FROM event WHERE pos > ? ORDER BY pos LIMIT ?"  # noqa: S608 - our own constant
        rows = await self._database.read(lambda connection: connection.execute(statement, (position, limit)).fetchall())
        return [_stored(row) for row in rows]

    async def by_id(self, event_id: str) -> Stored | None:
        """As `EventStore.by_id`."""
        statement = f"SELECT {_COLUMNS} FROM event WHERE event_id = ?"  # noqa: S608 - our own constant
        row = self._database.look(lambda connection: connection.execute(statement, (event_id,)).fetchone())
        return None if row is None else _stored(row)

    async def head(self) -> Head:
        """As `EventStore.head`."""
        return self._database.look(head_of)

    async def grown(self, position: int, timeout: float) -> None:  # noqa: ASYNC109 - as the port
        """As `EventStore.grown`; our own appends wake at once, another process's within a quarter of a second."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            growth = self._growth
            if (await self.head()).next_position > position + 1 or (left := end - loop.time()) <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, POLL_SECONDS)):
                    await growth.wait()

    async def close(self) -> None:
        """As `EventStore.close`."""
        await self._batcher.close()
        await self._database.close()

    async def _commit(self, commands: Sequence[Drafted]) -> Sequence[Outcome]:
        outcomes = await self._database.write(lambda connection: self._append_all(connection, commands))
        grown, self._growth = self._growth, asyncio.Event()
        grown.set()
        return outcomes

    def _append_all(self, connection: sqlite3.Connection, commands: Sequence[Drafted]) -> Sequence[Outcome]:
        if self._unsynced:
            raise StoreUnavailable("the disk failed to keep an earlier append: restart on a sound disk")
        connection.execute("BEGIN IMMEDIATE")
        try:
            insist_on_guard(connection, self._serving)
            head = head_of(connection)
            batch = Batch(connection, head.next_position, self._now(head.recordedtime), commands)
            outcomes = [batch.take(command) for command in commands]
            batch.write()
            connection.execute("COMMIT")
        except BaseException as error:
            # After a failed fsync the kernel may drop the pages and report success next time: believe nothing more.
            self._unsynced |= getattr(error, "sqlite_errorcode", 0) in _SYNC_FAILED
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return outcomes

    def _now(self, last: datetime | None) -> datetime:
        now = self._clock().astimezone(UTC)
        return now if last is None else max(now, last)


def _stored(row: tuple[Any, ...]) -> Stored:
    position, event_id, stream, version, type_name, recorded, body, leaf = row
    return Stored(position, event_id, stream, version, type_name, datetime.fromisoformat(recorded), body, leaf)
