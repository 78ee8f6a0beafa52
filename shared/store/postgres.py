"""The event store on PostgreSQL: the platform's. A batch of commands is one call of the SQL function `append_batch`."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain
from typing import Any, Final

import asyncpg
import msgspec
from sqlalchemy import URL, Text, func

from shared.store.batching import Batcher, BatchRefused, Outcome
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
    VersionConflict,
)
from shared.store.postgres_database import PostgresDatabase, store_errors
from shared.store.postgres_links import Links
from shared.store.rollback_guard import RollbackGuard

POLL_SECONDS: Final = 0.25  # a notification may be lost with its connection; correctness needs none
ANSWER_SECONDS: Final = 5.0  # a server that hangs longer is treated as gone, and what it did as unknown
REFUSED: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)
"""What the server says of a batch one of whose commands it can't keep."""
_COLUMNS: Final = "pos, event_id, stream, ver, type, recordedtime, body, leaf"
_APPEND: Final = f"SELECT * FROM append_batch({', '.join(f'${number}' for number in range(1, 20))})"  # noqa: S608 - numbers
_READ: Final = """
    SELECT e.pos, e.event_id, e.stream, e.ver, e.type, e.recordedtime, e.body, e.leaf,
           greatest(coalesce($2, clock_timestamp()), h.recordedtime) AS now
    FROM log_head h LEFT JOIN event e ON e.stream = $1 ORDER BY e.ver
"""
_REFUSALS: Final[dict[str, type[Exception]]] = {
    "key-reused": KeyReused,
    "version-conflict": VersionConflict,
    "partition-key-moved": PartitionKeyMoved,
    "event-exists": EventExists,
}


class PostgresStore:
    """As `EventStore`. Recorded times come from the server's clock unless `clock` stands in for it."""

    def __init__(
        self, database: PostgresDatabase, url: URL, birth: Birth, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._database = database
        self._birth = birth
        self._clock = clock
        self._links = Links(url)
        self._batcher = Batcher(self._commit)
        self._guard = RollbackGuard(database, func.log_serving(type_=Text()))

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
    def database(self) -> PostgresDatabase:
        """As `EventStore.database`."""
        return self._database

    @property
    def guard(self) -> RollbackGuard:
        """As `EventStore.guard`."""
        return self._guard

    async def read(self, stream: str) -> Past:
        """As `EventStore.read`."""
        # One statement is one snapshot: the time read with the events is not older than the newest of them.
        rows = await self._fetch(_READ, stream, self._given_now())
        events = [_stored(row) for row in rows if row[0] is not None]
        version = events[-1].version if events else EMPTY
        return Past(stream=stream, version=version, events=events, now=rows[0]["now"])

    async def append(self, append: Append) -> Receipt:
        """As `EventStore.append`."""
        return await self._batcher.submit(drafted(append, f"//{self.origin}"))

    async def replay(self, key: Key) -> Receipt | None:
        """As `EventStore.replay`."""
        rows = await self._fetch(
            "SELECT digest, position, count, version, recordedtime, answer FROM idempotency_key "
            "WHERE scope = $1 AND value = $2",
            key.scope,
            key.value,
        )
        if not rows:
            return None
        if rows[0]["digest"] != key.digest:
            raise KeyReused(f"{key.scope} {key.value}")
        return _receipt(rows[0], replayed=True)

    async def after(self, position: int, limit: int) -> Sequence[Stored]:
        """As `EventStore.after`."""
        statement = f"SELECT {_COLUMNS} FROM event WHERE pos > $1 ORDER BY pos LIMIT $2"  # noqa: S608 - a constant
        return [_stored(row) for row in await self._fetch(statement, position, limit)]

    async def by_id(self, event_id: str) -> Stored | None:
        """As `EventStore.by_id`."""
        rows = await self._fetch(f"SELECT {_COLUMNS} FROM event WHERE event_id = $1", event_id)  # noqa: S608 - a constant
        return _stored(rows[0]) if rows else None

    async def head(self) -> Head:
        """As `EventStore.head`."""
        (row,) = await self._fetch("SELECT next_position, recordedtime FROM log_head")
        return Head(next_position=row["next_position"], recordedtime=row["recordedtime"])

    async def grown(self, position: int, timeout: float) -> None:  # noqa: ASYNC109 - as the port
        """As `EventStore.grown`, woken by the notification that each batch sends."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            growth = await self._links.growth()
            if (await self.head()).next_position > position + 1 or (left := end - loop.time()) <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, POLL_SECONDS)):
                    await growth.wait()

    async def close(self) -> None:
        """As `EventStore.close`."""
        await self._batcher.close()
        await self._links.close()
        await self._database.close()

    def _given_now(self) -> datetime | None:
        return None if self._clock is None else self._clock()

    async def _fetch(self, statement: str, *values: Any) -> Sequence[Any]:
        with store_errors():
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._links.fetch(statement, *values)

    async def _commit(self, commands: Sequence[Drafted]) -> Sequence[Outcome]:
        try:
            with store_errors():
                async with asyncio.timeout(ANSWER_SECONDS), self._links.writer() as connection:
                    rows = await connection.fetch(_APPEND, self._given_now(), *_arrays(commands))
        except REFUSED as error:
            raise BatchRefused from error
        return [_outcome(command, row) for command, row in zip(commands, rows, strict=True)]


def _arrays(commands: Sequence[Drafted]) -> list[list[Any]]:
    """The batch as `append_batch` takes it: arrays by command, by named stream and by event."""
    keys = [command.key for command in commands]
    streams = [(number, each) for number, command in enumerate(commands, 1) for each in command.streams]
    events = [(number, each) for number, command in enumerate(commands, 1) for each in command.events]
    by_command: list[list[Any]] = [
        [key and key.scope for key in keys],
        [key and key.value for key in keys],
        [key and key.digest for key in keys],
        [command.answer for command in commands],
        [len(command.events) for command in commands],
        [command.version for command in commands],
    ]
    by_stream = _columns(((number, s.stream, s.expected, s.partitionkey) for number, s in streams), 4)
    by_event = _columns(
        ((n, e.id, e.stream, e.version, e.type, e.partitionkey, e.draft.head, e.draft.tail) for n, e in events), 8
    )
    return [*by_command, *by_stream, *by_event]


def _columns(rows: Any, width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _outcome(command: Drafted, row: Any) -> Outcome:
    outcome: str = row["outcome"]
    if outcome in ("appended", "replayed"):
        return _receipt(row, replayed=outcome == "replayed")
    names = chain((each.stream for each in command.streams), (command.key.value,) if command.key else ())
    return _REFUSALS[outcome](", ".join(names))


def _receipt(row: Any, *, replayed: bool) -> Receipt:
    return Receipt(
        position=row["position"],
        count=row["count"],
        version=row["version"],
        recordedtime=row["recordedtime"],
        answer=msgspec.json.decode(row["answer"]),
        replayed=replayed,
    )


def _stored(row: Any) -> Stored:
    position, event_id, stream, version, type_name, recorded, body, leaf = tuple(row)[:8]
    return Stored(position, str(event_id), stream, version, type_name, recorded, body, leaf)
