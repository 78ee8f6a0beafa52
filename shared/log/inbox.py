"""Which events had their effect: versions of a stream are dense, so one row per stream tells every repeat and gap."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Column, Connection, Integer, Table, Text, func, select
from sqlalchemy.dialects import postgresql, sqlite

from shared.events.envelope import Envelope, MalformedEvent
from shared.log.books import books
from shared.log.port import Record

stream_seen = Table(
    "stream_seen",
    books,
    Column("stream", Text, primary_key=True),
    Column("ver", Integer, nullable=False),
)


class GapInStream(Exception):
    """An event is missing before this one in its stream."""


class Inbox:
    """The streams of one batch, as far as they have had their effect."""

    def __init__(self, connection: Connection, records: Iterable[Record]) -> None:
        self._connection = connection
        names = {stream for record in records if (stream := _stream_of(record)) is not None}
        rows = connection.execute(select(stream_seen).where(stream_seen.c.stream.in_(sorted(names))))
        self._seen: dict[str, int] = {row.stream: row.ver for row in rows}
        self._changed: set[str] = set()

    def is_new(self, event: Envelope) -> bool:
        """Whether this is its stream's next event, false for a repeat; raises `GapInStream`."""
        seen = self._seen.get(event.subject, -1)
        if event.streamversion <= seen:
            return False
        if event.streamversion > seen + 1:
            raise GapInStream(f"{event.subject} is at version {seen}, the event has {event.streamversion}")
        self._seen[event.subject] = event.streamversion
        self._changed.add(event.subject)
        return True

    def save(self) -> None:
        """Keep what changed."""
        if not self._changed:
            return
        rows: list[Mapping[str, object]] = [{"stream": name, "ver": self._seen[name]} for name in sorted(self._changed)]
        insert = sqlite.insert if self._connection.dialect.name == "sqlite" else postgresql.insert
        new = insert(stream_seen)
        self._connection.execute(
            new.on_conflict_do_update(index_elements=["stream"], set_={"ver": new.excluded.ver}), rows
        )


def how_many_seen(connection: Connection) -> int:
    """How many events had their effect in these tables."""
    return int(connection.execute(select(func.coalesce(func.sum(stream_seen.c.ver + 1), 0))).scalar_one())


def _stream_of(record: Record) -> str | None:
    try:
        return record.envelope.subject
    except MalformedEvent:  # raised again, and dealt with, when the record's turn comes
        return None
