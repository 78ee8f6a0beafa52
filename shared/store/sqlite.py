"""The event store in an SQLite file: the embedded run's.

Commands that wait together are decided one after the other inside one transaction of the file's writer thread.
"""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from shared.events.envelope import stamp
from shared.store.batching import Batcher, Outcome
from shared.store.birth import Birth
from shared.store.drafting import Drafted, drafted
from shared.store.port import (
    EMPTY,
    Append,
    EventExists,
    Head,
    Key,
    KeyReused,
    PartitionKeyMoved,
    Past,
    Receipt,
    Stored,
    StoreUnavailable,
    VersionConflict,
)
from shared.store.sqlite_database import SqliteDatabase

POLL_SECONDS: Final = 0.25  # notices what another process appended
_COLUMNS: Final = "pos, event_id, stream, ver, type, recordedtime, body, leaf"
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

    async def read(self, stream: str) -> Past:
        """As `EventStore.read`."""
        statement = f"SELECT {_COLUMNS} FROM event WHERE stream = ? ORDER BY ver"  # noqa: S608 - our own constant
        rows, last = await self._database.read(
            lambda connection: (connection.execute(statement, (stream,)).fetchall(), _head(connection).recordedtime)
        )
        version = rows[-1][3] if rows else EMPTY
        return Past(stream=stream, version=version, events=[_stored(row) for row in rows], now=self._now(last))

    async def append(self, append: Append) -> Receipt:
        """As `EventStore.append`."""
        return await self._batcher.submit(drafted(append, f"//{self.origin}"))

    async def replay(self, key: Key) -> Receipt | None:
        """As `EventStore.replay`."""
        outcome = await self._database.read(lambda connection: _replayed(connection, key))
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
        row = await self._database.read(lambda connection: connection.execute(statement, (event_id,)).fetchone())
        return None if row is None else _stored(row)

    async def head(self) -> Head:
        """As `EventStore.head`."""
        return await self._database.read(_head)

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

    def freeze(self, reason: str) -> None:
        """As `EventStore.freeze`."""
        self._batcher.refuse(reason)

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
            head = _head(connection)
            batch = _Batch(connection, head.next_position, self._now(head.recordedtime))
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


class _Batch:
    """One transaction's commands, decided one by one, then written together."""

    def __init__(self, connection: sqlite3.Connection, next_position: int, now: datetime) -> None:
        self._connection = connection
        self._next = next_position
        self._now = now
        self._events: list[tuple[Any, ...]] = []
        self._keys: list[tuple[Any, ...]] = []

    def take(self, command: Drafted) -> Outcome:
        """The command's receipt, or why it is refused; the others of the batch never notice."""
        if command.key is not None and (earlier := _replayed(self._connection, command.key)) is not None:
            return earlier
        if (refusal := self._refusal(command)) is not None:
            return refusal
        first = self._next if command.events else None
        for event in command.events:
            body = event.draft.stamped(self._now)
            leaf = hashlib.sha256(b"\x00" + body).digest()
            place = (self._next, event.id, event.stream, event.version, event.type, event.partitionkey)
            self._events.append((*place, stamp(self._now), body, leaf))
            self._next += 1
        count = len(command.events)
        if (key := command.key) is not None:
            kept = (first, count, command.version, stamp(self._now), command.answer)
            self._keys.append((key.scope, key.value, key.digest, *kept))
        answer = json.loads(command.answer)
        return Receipt(position=first, count=count, version=command.version, recordedtime=self._now, answer=answer)

    def write(self) -> None:
        """Add what was taken: events, keys, and the counter that makes positions dense."""
        if self._events:
            self._connection.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._events)
            self._connection.execute(
                "UPDATE log_head SET next_position = ?, recordedtime = ?", (self._next, stamp(self._now))
            )
        self._connection.executemany("INSERT INTO idempotency_key VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._keys)

    def _refusal(self, command: Drafted) -> Exception | None:
        for named in command.streams:
            statement = "SELECT ver, partitionkey FROM event WHERE stream = ? ORDER BY ver DESC LIMIT 1"
            version, partitionkey = self._connection.execute(statement, (named.stream,)).fetchone() or (EMPTY, None)
            if version != named.expected:
                return VersionConflict(f"{named.stream} is at version {version}, not {named.expected}")
            if partitionkey not in (None, named.partitionkey):
                return PartitionKeyMoved(f"{named.stream} has the key {partitionkey}")
        for event in command.events:
            if self._connection.execute("SELECT 1 FROM event WHERE event_id = ?", (event.id,)).fetchone():
                return EventExists(event.id)
        return None


def _replayed(connection: sqlite3.Connection, key: Key) -> Receipt | KeyReused | None:
    columns = "digest, position, count, version, recordedtime, answer"
    statement = f"SELECT {columns} FROM idempotency_key WHERE scope = ? AND value = ?"  # noqa: S608 - a constant
    row = connection.execute(statement, (key.scope, key.value)).fetchone()
    if row is None:
        return None
    digest, position, count, version, recorded, answer = row
    if digest != key.digest:
        return KeyReused(f"{key.scope} {key.value}")
    return Receipt(
        position=position,
        count=count,
        version=version,
        recordedtime=datetime.fromisoformat(recorded),
        answer=json.loads(answer),
        replayed=True,
    )


def _head(connection: sqlite3.Connection) -> Head:
    next_position, recorded = connection.execute("SELECT next_position, recordedtime FROM log_head").fetchone()
    return Head(
        next_position=next_position, recordedtime=None if recorded is None else datetime.fromisoformat(recorded)
    )


def _stored(row: tuple[Any, ...]) -> Stored:
    position, event_id, stream, version, type_name, recorded, body, leaf = row
    return Stored(position, event_id, stream, version, type_name, datetime.fromisoformat(recorded), body, leaf)
