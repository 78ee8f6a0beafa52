"""One transaction of appends in an SQLite file."""

import hashlib
import json
import sqlite3
from datetime import datetime
from typing import Any

from shared.events.envelope import stamp
from shared.store.batching import Outcome
from shared.store.drafting import Drafted
from shared.store.port import EMPTY, EventExists, Head, Key, KeyReused, PartitionKeyMoved, Receipt, VersionConflict


class Batch:
    """One transaction's commands, decided one by one, then written together."""

    def __init__(self, connection: sqlite3.Connection, next_position: int, now: datetime) -> None:
        self._connection = connection
        self._next = next_position
        self._now = now
        self._events: list[tuple[Any, ...]] = []
        self._keys: list[tuple[Any, ...]] = []

    def take(self, command: Drafted) -> Outcome:
        """The command's receipt, or why it is refused; the others of the batch never notice."""
        if command.key is not None and (earlier := replayed(self._connection, command.key)) is not None:
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


def replayed(connection: sqlite3.Connection, key: Key) -> Receipt | KeyReused | None:
    """The receipt kept under the key, None if it is new, `KeyReused` if it was another request's."""
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


def head_of(connection: sqlite3.Connection) -> Head:
    """Where the log ends in the connection's transaction."""
    next_position, recorded = connection.execute("SELECT next_position, recordedtime FROM log_head").fetchone()
    return Head(
        next_position=next_position, recordedtime=None if recorded is None else datetime.fromisoformat(recorded)
    )
