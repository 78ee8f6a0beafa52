"""A projection that counts: every effect by its event, and per stream a figure that only the store's order yields."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from shared.events.envelope import Envelope
from shared.log.books import Claim, mark_of, progress
from shared.log.inbox import Inbox
from shared.log.port import Record
from shared.log.projection import Projection
from shared.log.views import Views

metadata = MetaData(schema="view")
effect = Table(
    "effect",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("again", Integer, primary_key=True, autoincrement=False),
)
total = Table(
    "total",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("facts", Integer, nullable=False),
    Column("figure", BigInteger, nullable=False),
)
_PRIME = 1_000_000_007
_EVENT = bindparam("event", type_=Text)
# Built once: built for each event they are the larger part of its cost, and a catching up is timed with them.
_ONE_MORE = insert(effect).from_select(
    ["event_id", "again"], select(_EVENT, func.count()).select_from(effect).where(effect.c.event_id == _EVENT)
)
_FIRST = {"stream": bindparam("stream"), "facts": 1, "figure": bindparam("first")}
_MORE = {"facts": total.c.facts + 1, "figure": (total.c.figure * 31 + bindparam("number", type_=BigInteger)) % _PRIME}
_ADD_SQLITE = sqlite.insert(total).values(_FIRST).on_conflict_do_update(index_elements=["stream"], set_=_MORE)
_ADD_POSTGRES = postgresql.insert(total).values(_FIRST).on_conflict_do_update(index_elements=["stream"], set_=_MORE)
Apply = Callable[[Connection, Record], None]
Totals = Mapping[str, tuple[int, int]]


def count(connection: Connection, record: Record) -> None:
    """One more effect of the record's event, also where it has had one before."""
    assert record.fact
    tally(connection, record.envelope)


def tally(connection: Connection, event: Envelope) -> None:
    """As `count`, of an event whose fact this build may not know."""
    connection.execute(_ONE_MORE, {"event": event.id})
    upsert = _ADD_SQLITE if connection.dialect.name == "sqlite" else _ADD_POSTGRES
    connection.execute(upsert, {"stream": event.subject, "first": _step(0, event.id), "number": _number(event.id)})


def counting(name: str, topics: Sequence[str], apply: Apply = count) -> Projection:
    """The projection; its name is a Kafka group."""
    return Projection(name=name, topics=topics, metadata=metadata, version="1", apply=apply)


def expected(events: Iterable[Envelope]) -> Totals:
    """The totals that these events yield, each once and in this order."""
    found: dict[str, tuple[int, int]] = {}
    for event in events:
        facts, figure = found.get(event.subject, (0, 0))
        found[event.subject] = (facts + 1, _step(figure, event.id))
    return found


async def effects(views: Views) -> Sequence[str]:
    """The event of every effect there is."""
    async with views.reading() as connection:
        return list((await connection.execute(select(effect.c.event_id))).scalars())


async def how_many(views: Views) -> int:
    """How many events had an effect."""
    async with views.reading() as connection:
        first = select(func.count()).select_from(effect).where(effect.c.again == 0)
        return int((await connection.execute(first)).scalar_one())


async def totals(views: Views) -> Totals:
    """What the table of totals says."""
    async with views.reading() as connection:
        rows = await connection.execute(select(total.c.stream, total.c.facts, total.c.figure))
        return {row.stream: (row.facts, row.figure) for row in rows}


class Forgetful(Inbox):
    """An inbox that remembers nothing: whatever comes is new."""

    def is_new(self, record: Record) -> bool:
        return True


@contextmanager
def without_inbox() -> Iterator[None]:
    """For controls: consumers of this process give each record its effect as often as it comes."""
    with patch("shared.log.folding.Inbox", Forgetful):
        yield


@contextmanager
def unfenced() -> Iterator[None]:
    """For controls: consumers of this process save their progress whoever has taken the partition over since."""
    with patch("shared.log.folding.advance", _advance):
        yield


def _advance(connection: Connection, claimed: Claim, last: Record) -> Claim:
    topic, number = claimed.partition
    here = (progress.c.consumer == claimed.consumer) & (progress.c.topic == topic) & (progress.c.partition == number)
    moved = {"next_offset": last.offset + 1, "last_event": mark_of(last)}
    connection.execute(update(progress).where(here).values(moved))
    return replace(claimed, next=last.offset + 1, last_event=mark_of(last))


def _step(figure: int, event_id: str) -> int:
    return (figure * 31 + _number(event_id)) % _PRIME


def _number(event_id: str) -> int:
    return UUID(event_id).int % _PRIME
