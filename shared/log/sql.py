"""The event log in an SQLite file: the embedded run's. One partition per topic; several processes may read."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.log.port import Ends, LogUnavailable, Outgoing, Partition, Record, Starts, ends_after, position_in
from shared.store.errors import StoreFull, StoreUnavailable
from shared.store.sqlite_database import SqliteDatabase

BATCH: Final = 500
REPLAYED: Final = 2_000  # at once where nobody waits for the first: what each batch costs is shared by more
POLL_SECONDS: Final = 0.25  # notices what another process published
PUBLISH_SECONDS: Final = 5.0
_TRIGGER: Final = "CREATE TRIGGER IF NOT EXISTS record_refuses_{0} BEFORE {0} ON record"
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS topic (name text PRIMARY KEY) STRICT",
    """CREATE TABLE IF NOT EXISTS record (
        topic text NOT NULL REFERENCES topic, record_offset integer NOT NULL,
        key blob NOT NULL, value blob NOT NULL, headers text NOT NULL, UNIQUE (topic, record_offset)
    ) STRICT""",
    f"{_TRIGGER.format('update')} BEGIN SELECT RAISE(ABORT, 'record is append-only'); END",
    f"{_TRIGGER.format('delete')} BEGIN SELECT RAISE(ABORT, 'record is append-only'); END",
)


class SqlLog:
    """As `Log`. Writers and readers of one process share it, so that a reader wakes as soon as something is there."""

    def __init__(self, path: Path) -> None:
        self.database = SqliteDatabase(path)
        self._growth = asyncio.Event()

    async def open(self) -> None:
        """Make the tables if the file is new."""
        await self.database.transact(lambda connection: [connection.exec_driver_sql(each) for each in _SCHEMA])

    async def ensure(self, topics: Mapping[str, int]) -> None:
        """As `Log.ensure`; the number of partitions is one, whatever is asked for."""
        rows = [(name,) for name in topics]
        await self.database.transact(
            lambda connection: connection.exec_driver_sql("INSERT OR IGNORE INTO topic VALUES (?)", rows)
        )

    def writer(self) -> "SqlWriter":
        """As `Log.writer`."""
        return SqlWriter(self)

    def reader(self) -> "SqlReader":
        """As `Log.reader`."""
        return SqlReader(self)

    async def close(self) -> None:
        """As `Log.close`."""
        await self.database.close()

    def has_grown(self) -> None:
        """Wake those who wait for records."""
        growth, self._growth = self._growth, asyncio.Event()
        growth.set()

    @property
    def growth(self) -> asyncio.Event:
        """Set when the next records are published by this process."""
        return self._growth


class SqlWriter:
    """As `LogWriter`: what is published together is published whole or not at all."""

    def __init__(self, log: SqlLog) -> None:
        self._log = log

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> Ends:
        """As `LogWriter.publish`."""
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._log.database.write(lambda connection: _insert(connection, topic, records))
        except (StoreUnavailable, StoreFull, TimeoutError) as error:
            raise LogUnavailable(str(error)) from error
        self._log.has_grown()
        return ends_after([0] * len(records), records)

    async def ends(self, topic: str) -> Ends:
        """As `LogWriter.ends`."""
        statement = "SELECT headers FROM record WHERE topic = ? ORDER BY record_offset DESC"

        def newest(connection: sqlite3.Connection) -> int:
            rows = connection.execute(statement, (topic,))
            positions = (position_in(_headers(headers)) for (headers,) in rows)
            return next((one for one in positions if one is not None), -1)

        return {0: await self._log.database.read(newest)}

    async def close(self) -> None:
        """As `LogWriter.close`; the file is the log's."""


class SqlReader:
    """As `LogReader`. A group has nothing to share: who asks last gets the partitions, its epoch fences the others."""

    def __init__(self, log: SqlLog) -> None:
        self._log = log

    async def batches(
        self, group: str, topics: Sequence[str], starts: Starts
    ) -> AsyncGenerator[Sequence[Record], None]:
        """As `LogReader.batches`."""
        offsets = dict(await starts([Partition(topic, 0) for topic in topics]))
        while True:
            growth = self._log.growth
            found = False
            for partition, offset in list(offsets.items()):
                if records := await self._from(partition, offset, BATCH):
                    found = True
                    offsets[partition] = records[-1].offset + 1
                    yield records
            if not found:
                yield []
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await growth.wait()

    async def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        """As `LogReader.ends`."""
        return await self._log.database.read(
            lambda connection: {Partition(topic, 0): _end(connection, topic) for topic in topics}
        )

    async def replay(
        self, topics: Sequence[str], until: Mapping[Partition, int], since: Mapping[Partition, int] | None = None
    ) -> AsyncGenerator[Sequence[Record], None]:
        """As `LogReader.replay`."""
        for partition in [Partition(topic, 0) for topic in topics]:
            offset, end = (since or {}).get(partition, 0), until.get(partition, 0)
            while offset < end and (records := await self._from(partition, offset, min(REPLAYED, end - offset))):
                yield records
                offset = records[-1].offset + 1

    async def at(self, offsets: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """As `LogReader.at`."""
        found = {partition: await self._from(partition, offset, 1) for partition, offset in offsets.items()}
        return {p: records[0] for p, records in found.items() if records and records[0].offset == offsets[p]}

    async def close(self) -> None:
        """As `LogReader.close`; the file is the log's."""

    async def _from(self, partition: Partition, offset: int, limit: int) -> Sequence[Record]:
        statement = (
            "SELECT record_offset, key, value, headers FROM record WHERE topic = ? AND record_offset >= ? "
            "ORDER BY record_offset LIMIT ?"
        )
        rows = await self._log.database.read(
            lambda connection: connection.execute(statement, (partition.topic, offset, limit)).fetchall()
        )
        return [Record(partition, number, key, value, _headers(text)) for number, key, value, text in rows]


def _insert(connection: sqlite3.Connection, topic: str, records: Sequence[Outgoing]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        first = _end(connection, topic)
        rows: list[tuple[Any, ...]] = [
            (topic, offset, record.key, record.value, _text(record.headers))
            for offset, record in enumerate(records, start=first)
        ]
        connection.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _end(connection: sqlite3.Connection, topic: str) -> int:
    if connection.execute("SELECT 1 FROM topic WHERE name = ?", (topic,)).fetchone() is None:
        raise LogUnavailable(f"there is no topic {topic}")
    statement = "SELECT coalesce(max(record_offset) + 1, 0) FROM record WHERE topic = ?"
    (end,) = connection.execute(statement, (topic,)).fetchone()
    return int(end)


def _text(headers: Mapping[str, bytes]) -> str:
    return msgspec.json.encode({name: value.decode("latin-1") for name, value in headers.items()}).decode()


def _headers(text: str) -> Mapping[str, bytes]:
    return {name: value.encode("latin-1") for name, value in msgspec.json.decode(text).items()}
