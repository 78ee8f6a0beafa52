"""What a consumer keeps beside its effects, in the same transaction: how far it is, and what it set aside.

The tables stand in schema `books`, which a connection translates: a projection's lie in its slot with its rows, those
of consumers that issue commands lie among a service's durable tables.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)

from shared.log.lease import insert_free
from shared.log.port import Partition, Record

books = MetaData(schema="books")
progress = Table(
    "consumer_progress",
    books,
    Column("consumer", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("last_event", Text),
)
set_aside = Table(
    "set_aside",
    books,
    Column("consumer", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("record_offset", BigInteger, primary_key=True, autoincrement=False),
    Column("record_key", LargeBinary, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("headers", Text, nullable=False),
    Column("reason", Text),
    Column("tries", Integer, nullable=False),
    Index("set_aside_record_key", "record_key", postgresql_using="hash"),  # a stranger's key may be of any length
)


class Fenced(Exception):
    """Another consumer of the same name has taken the partition over since."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A partition taken over by a consumer: where it goes on, and the epoch that makes its predecessors' saves fail."""

    consumer: str
    partition: Partition
    next: int
    epoch: int
    last_event: str | None


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that was not handled: for its own `reason`, or (None) because an earlier one of its key was not."""

    consumer: str
    record: Record
    reason: str | None
    tries: int


def claim(connection: Connection, consumer: str, partition: Partition) -> Claim:
    """Take a partition over, fencing whoever had it."""
    where = _of(consumer, partition)
    place = {"consumer": consumer, "topic": partition.topic, "partition": partition.number}
    insert_free(connection, progress, **place, next_offset=0, epoch=0)
    connection.execute(update(progress).where(where).values(epoch=progress.c.epoch + 1))
    columns = select(progress.c.next_offset, progress.c.epoch, progress.c.last_event)
    row = connection.execute(columns.where(where)).one()
    return Claim(consumer, partition, row.next_offset, row.epoch, row.last_event)


def rewind(connection: Connection, claimed: Claim) -> Claim:
    """Go on from zero: the log under this consumer is another than it was. Raises `Fenced`."""
    return _save(connection, claimed, 0, None)


def advance(connection: Connection, claimed: Claim, last: Record) -> Claim:
    """Save that everything up to `last` has had its effect; raises `Fenced`."""
    return _save(connection, claimed, last.offset + 1, mark_of(last))


def offsets(connection: Connection, consumer: str) -> Mapping[Partition, int]:
    """The next offset of every partition that the consumer ever had."""
    columns = select(progress.c.topic, progress.c.partition, progress.c.next_offset)
    rows = connection.execute(columns.where(progress.c.consumer == consumer)).all()
    return {Partition(row.topic, row.partition): row.next_offset for row in rows}


def lock(connection: Connection, consumer: str) -> None:
    """Hold back every other save of this consumer until the end of the transaction."""
    connection.execute(update(progress).where(progress.c.consumer == consumer).values(epoch=progress.c.epoch))


def fence(connection: Connection, consumer: str) -> Mapping[Partition, int]:
    """As `lock`, and whoever had claims has them no more; returns the new epochs."""
    mine = progress.c.consumer == consumer
    connection.execute(update(progress).where(mine).values(epoch=progress.c.epoch + 1))
    rows = connection.execute(select(progress.c.topic, progress.c.partition, progress.c.epoch).where(mine)).all()
    return {Partition(row.topic, row.partition): row.epoch for row in rows}


def set_epochs(connection: Connection, consumer: str, epochs: Mapping[Partition, int]) -> None:
    """Let claims made elsewhere, at lower epochs, count for nothing here."""
    for partition, epoch in epochs.items():
        connection.execute(update(progress).where(_of(consumer, partition)).values(epoch=epoch))


def park(connection: Connection, consumer: str, record: Record, reason: str | None, tries: int) -> None:
    """Set a record aside."""
    topic, number = record.partition
    headers = json.dumps({name: value.decode("latin-1") for name, value in record.headers.items()})
    place = {"consumer": consumer, "topic": topic, "partition": number, "record_offset": record.offset}
    content = {"record_key": record.key, "value": record.value, "headers": headers}
    why = {"reason": None if reason is None else _kept(reason), "tries": tries}
    insert_free(connection, set_aside, **place, **content, **why)


def unpark(connection: Connection, consumer: str, record: Record) -> None:
    """A record set aside has had its effect after all."""
    connection.execute(delete(set_aside).where(_this(consumer, record)))


def still_failing(connection: Connection, consumer: str, record: Record, reason: str) -> None:
    """A record set aside failed again."""
    again = {"reason": _kept(reason), "tries": set_aside.c.tries + 1}
    connection.execute(update(set_aside).where(_this(consumer, record)).values(again))


def parked(
    connection: Connection, consumer: str, key: bytes | None = None, limit: int | None = None
) -> Sequence[SetAside]:
    """The (first) records set aside (of one key), in the order of the log."""
    mine = set_aside.c.consumer == consumer
    if key is not None:
        mine = mine & (set_aside.c.record_key == key)
    order = (set_aside.c.topic, set_aside.c.partition, set_aside.c.record_offset)
    return [
        SetAside(
            row.consumer,
            Record(
                Partition(row.topic, row.partition), row.record_offset, row.record_key, row.value, _headers(row.headers)
            ),
            row.reason,
            row.tries,
        )
        for row in connection.execute(select(set_aside).where(mine).order_by(*order).limit(limit))
    ]


def blocked_keys(connection: Connection, consumer: str, keys: Iterable[bytes], failed: str | None = None) -> set[bytes]:
    """Those of the keys that have a record set aside; with `failed`, one for a reason that begins so."""
    mine = (set_aside.c.consumer == consumer) & set_aside.c.record_key.in_(list(set(keys)))
    if failed is not None:
        mine = mine & set_aside.c.reason.startswith(failed)
    return set(connection.execute(select(set_aside.c.record_key).where(mine).distinct()).scalars())


def how_many_parked(connection: Connection, consumer: str) -> int:
    """How many records the consumer's results are missing."""
    mine = set_aside.c.consumer == consumer
    return int(connection.execute(select(func.count()).select_from(set_aside).where(mine)).scalar_one())


def mark_of(record: Record) -> str:
    """What a record is known by when the log is asked for it again: its event's id, else its digest."""
    named = record.headers.get("event_id")
    return named.decode("latin-1") if named and b"\x00" not in named else hashlib.sha256(record.value).hexdigest()


def _save(connection: Connection, claimed: Claim, next_offset: int, last_event: str | None) -> Claim:
    mine = (
        _of(claimed.consumer, claimed.partition)
        & (progress.c.next_offset == claimed.next)
        & (progress.c.epoch == claimed.epoch)
    )
    moved = update(progress).where(mine).values(next_offset=next_offset, last_event=last_event)
    if connection.execute(moved).rowcount == 0:
        raise Fenced(f"{claimed.consumer} {claimed.partition}")
    return replace(claimed, next=next_offset, last_event=last_event)


def _kept(reason: str) -> str:
    """The reason as every engine keeps text; it may quote what a stranger wrote."""
    return reason.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()


def _of(consumer: str, partition: Partition) -> ColumnElement[bool]:
    same_partition = (progress.c.topic == partition.topic) & (progress.c.partition == partition.number)
    return (progress.c.consumer == consumer) & same_partition


def _this(consumer: str, record: Record) -> ColumnElement[bool]:
    topic, number = record.partition
    place = (set_aside.c.topic == topic) & (set_aside.c.partition == number)
    return (set_aside.c.consumer == consumer) & place & (set_aside.c.record_offset == record.offset)


def _headers(text: str) -> Mapping[str, bytes]:
    return {name: value.encode("latin-1") for name, value in json.loads(text).items()}
