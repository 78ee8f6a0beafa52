"""One transaction of appends in an SQLite file."""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final

import msgspec

from shared.events.envelope import stamp
from shared.store.batching import Outcome
from shared.store.drafting import Drafted
from shared.store.port import (
    EMPTY,
    EventExists,
    Head,
    Key,
    KeyReused,
    PartitionKeyMoved,
    Receipt,
    StoreFrozen,
    StoreHeld,
    VersionConflict,
)

_UNDER: Final = """
    SELECT digest, position, count, version, recordedtime, answer FROM idempotency_key WHERE scope = ? AND value = ?
"""
_ROWS_AT_ONCE: Final = 500
"""SQLite takes 32,766 values in a statement."""


class Batch:
    """One transaction's commands, decided one by one, then written together.

    No two commands of a batch share a stream, a key or an event id, so what is there already is asked once for all.
    """

    def __init__(
        self, connection: sqlite3.Connection, next_position: int, now: datetime, commands: Sequence[Drafted]
    ) -> None:
        self._connection = connection
        self._next = next_position
        self._now = now
        self._stamp = stamp(now)
        self._kept = _kept(connection, [command.key for command in commands if command.key is not None])
        self._newest = _newest(connection, [named.stream for command in commands for named in command.streams])
        self._taken = _taken(connection, [event.id for command in commands for event in command.events])
        self._events: list[tuple[Any, ...]] = []
        self._keys: list[tuple[Any, ...]] = []

    def take(self, command: Drafted) -> Outcome:
        """The command's receipt, or why it is refused; the others of the batch never notice."""
        key = command.key
        if key is not None and (row := self._kept.get((key.scope, key.value))) is not None:
            return _earlier(key, row)
        if (refusal := self._refusal(command)) is not None:
            return refusal
        first = self._next if command.events else None
        for event in command.events:
            body = event.draft.stamped(self._stamp)
            leaf = hashlib.sha256(b"\x00" + body).digest()
            place = (self._next, event.id, event.stream, event.version, event.type, event.partitionkey)
            self._events.append((*place, self._stamp, body, leaf))
            self._next += 1
        count = len(command.events)
        if key is not None:
            kept = (first, count, command.version, self._stamp, command.answer)
            self._keys.append((key.scope, key.value, key.digest, *kept))
        answer = msgspec.json.decode(command.answer)
        return Receipt(position=first, count=count, version=command.version, recordedtime=self._now, answer=answer)

    def write(self) -> None:
        """Add what was taken: events, keys, and the counter that makes positions dense."""
        if self._events:
            _insert(self._connection, "event", self._events)
            self._connection.execute(
                "UPDATE log_head SET next_position = ?, recordedtime = ?", (self._next, self._stamp)
            )
        _insert(self._connection, "idempotency_key", self._keys)

    def _refusal(self, command: Drafted) -> Exception | None:
        for named in command.streams:
            version, partitionkey = self._newest.get(named.stream, (EMPTY, None))
            if version != named.expected:
                return VersionConflict(f"{named.stream} is at version {version}, not {named.expected}")
            if partitionkey not in (None, named.partitionkey):
                return PartitionKeyMoved(f"{named.stream} has the key {partitionkey}")
        for event in command.events:
            if event.id in self._taken:
                return EventExists(event.id)
        return None


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows, many in one statement: between two statements this thread waits for the interpreter, which the event
    loop may hold for milliseconds, so that a row to a statement would take longer than the disk."""
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[first : first + _ROWS_AT_ONCE]
        row = f"({', '.join('?' * len(part[0]))})"
        connection.execute(f"INSERT INTO {table} VALUES {', '.join([row] * len(part))}", tuple(chain(*part)))  # noqa: S608


def replayed(connection: sqlite3.Connection, key: Key) -> Receipt | KeyReused | None:
    """The receipt kept under the key, None if it is new, `KeyReused` if it was another request's."""
    row = connection.execute(_UNDER, (key.scope, key.value)).fetchone()
    return None if row is None else _earlier(key, row)


def _earlier(key: Key, row: tuple[Any, ...]) -> Receipt | KeyReused:
    digest, position, count, version, recorded, answer = row
    if digest != key.digest:
        return KeyReused(f"{key.scope} {key.value}")
    return Receipt(
        position=position,
        count=count,
        version=version,
        recordedtime=datetime.fromisoformat(recorded),
        answer=msgspec.json.decode(answer),
        replayed=True,
    )


def _kept(connection: sqlite3.Connection, keys: Sequence[Key]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What lies under those of the keys that were used before."""
    statement = """
        SELECT k.scope, k.value, k.digest, k.position, k.count, k.version, k.recordedtime, k.answer
        FROM json_each(?) AS asked CROSS JOIN idempotency_key k
        ON k.scope = asked.value ->> 0 AND k.value = asked.value ->> 1
    """
    asked = json.dumps([(key.scope, key.value) for key in keys])
    return {(row[0], row[1]): row[2:] for row in connection.execute(statement, (asked,))}


def _newest(connection: sqlite3.Connection, streams: Sequence[str]) -> dict[str, tuple[int, str]]:
    """The newest version and the partition key of those of the streams that have events."""
    statement = """
        SELECT e.stream, e.ver, e.partitionkey FROM json_each(?) AS asked CROSS JOIN event e
        ON e.stream = asked.value AND e.ver = (SELECT max(ver) FROM event WHERE stream = asked.value)
    """
    return {row[0]: row[1:] for row in connection.execute(statement, (json.dumps(streams),))}


def _taken(connection: sqlite3.Connection, ids: Sequence[str]) -> set[str]:
    """Those of the event ids that are stored already."""
    statement = "SELECT e.event_id FROM json_each(?) AS asked CROSS JOIN event e ON e.event_id = asked.value"
    return {event_id for (event_id,) in connection.execute(statement, (json.dumps(ids),))}


def insist_on_guard(connection: sqlite3.Connection, serving: str) -> None:
    """Raise `StoreFrozen` or `StoreHeld` unless the rollback guard lets this handle append (`rollback_guard`)."""
    witnessed, asked, frozen = connection.execute("SELECT witnessed, asked, frozen FROM log_guard").fetchone()
    if frozen is not None:
        raise StoreFrozen(frozen)
    if witnessed and asked != serving:
        raise StoreHeld("the witnesses were not asked yet since the file was opened")


def head_of(connection: sqlite3.Connection) -> Head:
    """Where the log ends in the connection's transaction."""
    next_position, recorded = connection.execute("SELECT next_position, recordedtime FROM log_head").fetchone()
    return Head(
        next_position=next_position, recordedtime=None if recorded is None else datetime.fromisoformat(recorded)
    )
