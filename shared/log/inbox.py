"""Which events had their effect: versions of a stream are dense, so one row per stream tells every repeat and gap.

A stream is known by its topic and its name: two services may have streams of one name.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import Column, Connection, Integer, Table, Text, func, select
from sqlalchemy.dialects import postgresql, sqlite

from shared.events.envelope import MalformedEvent
from shared.log.books import books
from shared.log.port import Record

stream_seen = Table(
    "stream_seen",
    books,
    Column("topic", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("ver", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Stream = tuple[str, str]


class GapInStream(Exception):
    """An event is missing before this one in its stream."""


class Inbox:
    """The streams of one batch, as far as they have had their effect."""

    def __init__(self, connection: Connection, records: Iterable[Record]) -> None:
        self._connection = connection
        named = {stream for record in records if (stream := _stream_of(record)) is not None}
        topics, names = {topic for topic, _ in named}, {name for _, name in named}
        there = stream_seen.c.topic.in_(sorted(topics)) & stream_seen.c.stream.in_(sorted(names))
        rows = connection.execute(select(stream_seen).where(there))
        self._seen: dict[Stream, int] = {(row.topic, row.stream): row.ver for row in rows}
        self._changed: set[Stream] = set()

    def is_new(self, record: Record) -> bool:
        """Whether this is its stream's next event, false for a repeat; raises `GapInStream`, `MalformedEvent`."""
        event, stream = record.envelope, (record.partition.topic, record.envelope.subject)
        seen = self._seen.get(stream, -1)
        if event.streamversion <= seen:
            return False
        if event.streamversion > seen + 1:
            raise GapInStream(f"{event.subject} is at version {seen}, the event has {event.streamversion}")
        self._seen[stream] = event.streamversion
        self._changed.add(stream)
        return True

    def save(self) -> None:
        """Keep what changed."""
        if not self._changed:
            return
        rows: list[Mapping[str, object]] = [
            {"topic": topic, "stream": name, "ver": self._seen[topic, name]} for topic, name in sorted(self._changed)
        ]
        insert = sqlite.insert if self._connection.dialect.name == "sqlite" else postgresql.insert
        new = insert(stream_seen)
        self._connection.execute(
            new.on_conflict_do_update(index_elements=["topic", "stream"], set_={"ver": new.excluded.ver}), rows
        )


def how_many_seen(connection: Connection) -> int:
    """How many events had their effect in these tables."""
    return int(connection.execute(select(func.coalesce(func.sum(stream_seen.c.ver + 1), 0))).scalar_one())


def _stream_of(record: Record) -> Stream | None:
    try:
        return record.partition.topic, record.envelope.subject
    except MalformedEvent:  # raised again, and dealt with, when the record's turn comes
        return None
