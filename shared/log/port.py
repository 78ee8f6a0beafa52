"""What the event log promises to those who publish to it and read from it (contract suite: `tests/contracts/log`).

Records of one key keep their order; offsets grow within a partition; everything is kept, so a reader may begin at zero.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from shared.events.catalogue import fact_of
from shared.events.envelope import Envelope, parse
from shared.events.fact import Fact


def facts_topic(service: str) -> str:
    """The topic that carries a service's facts."""
    return f"gatehouse.{service}.v1"


def checkpoints_topic(service: str) -> str:
    """The topic that carries the signed checkpoints of a service's log."""
    return f"gatehouse.{service}.checkpoint.v1"


class Partition(NamedTuple):
    """One ordered part of a topic."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A record to publish; a fact has headers `event_id`, `pos`, `ver`, `schema` (type), `leaf` (hex), content-type."""

    key: bytes
    value: bytes
    headers: Mapping[str, bytes]


@dataclass(frozen=True)
class Record:
    """A record as read."""

    partition: Partition
    offset: int
    key: bytes
    value: bytes
    headers: Mapping[str, bytes]

    @cached_property
    def envelope(self) -> Envelope:
        """The event that the record carries; raises `MalformedEvent`."""
        return parse(self.value)

    @cached_property
    def fact(self) -> Fact:
        """The fact in the event; raises `UnknownType` or `MalformedFact`."""
        return fact_of(self.envelope.type, self.envelope.data)

    @property
    def position(self) -> int:
        """The event's position in its service's store."""
        return int(self.headers["pos"])


class LogUnavailable(Exception):
    """The log did not answer in time; whether it took the records is unknown."""


Ends = Mapping[int, int]
"""The `pos` header last in each partition, by the partition's number; -1 where there is none. Records that strangers
wrote without one are passed over."""


class LogWriter(Protocol):
    """The publishing side; one relay holds it."""

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> Ends:
        """Publish in order; returns when all are acknowledged, and says where each partition of these now ends.
        Raises `LogUnavailable` within 5 seconds."""

    async def ends(self, topic: str) -> Ends:
        """Where every partition of a topic ends now: what survives of what was published."""

    async def close(self) -> None:
        """Let go of the connection, within 2 seconds."""


_DIGITS: Final = len(str(2**63))


def position_in(headers: Mapping[str, bytes]) -> int | None:
    """The `pos` of a record's headers; None where a stranger wrote none, or one that no store reaches."""
    told = headers.get("pos", b"")
    return int(told) if told.isdigit() and len(told) < _DIGITS else None


def ends_after(partitions: Sequence[int], records: Sequence[Outgoing]) -> Ends:
    """Where partitions end after these records went to those: one number for each record."""
    last = {number: each for number, each in zip(partitions, records, strict=True) if "pos" in each.headers}
    found = {number: position_in(record.headers) for number, record in last.items()}
    return {number: position for number, position in found.items() if position is not None}


CONTENT_TYPE: Final = b"application/cloudevents+json; charset=UTF-8"
"""The header `content-type` of a fact: the whole CloudEvent is the value (structured mode of the Kafka binding)."""

CHECKPOINT_TYPE: Final = b"text/plain; charset=utf-8"
"""The header `content-type` of a signed checkpoint, which is a note and no event."""

Starts = Callable[[Sequence[Partition]], Awaitable[Mapping[Partition, int]]]


class LogReader(Protocol):
    """The reading side of one group: partitions are shared among its members."""

    def batches(self, group: str, topics: Sequence[str], starts: Starts) -> AsyncGenerator[Sequence[Record], None]:
        """Batches without end. When partitions are assigned, `starts` tells where to begin each: offsets are kept by
        the reader of the group with its own rows, never by the log. A batch holds records of one partition; an empty
        one means nothing new for a while. A fault of the log is waited out; then `starts` is asked again, as it is
        when an offset turned out not to be there."""

    async def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        """The next offset of every partition of the topics."""

    def replay(
        self, topics: Sequence[str], until: Mapping[Partition, int], since: Mapping[Partition, int] | None = None
    ) -> AsyncGenerator[Sequence[Record], None]:
        """Everything from offset zero (or `since`) up to, not including, `until`, outside of any group.

        Raises `LogUnavailable` when it has to wait too long for what is asked for.
        """

    async def at(self, offsets: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """The records that lie at those offsets now; a partition without such a record is left out."""

    async def close(self) -> None:
        """Leave the group and close connections."""


class Log(Protocol):
    """A log as a process uses it."""

    async def ensure(self, topics: Mapping[str, int]) -> None:
        """Make the topics that are missing, with that many partitions and everything kept for ever.

        A topic that is there is left as it is; raises `ValueError` when it has another number of partitions, because
        changing the number would change which partition a key belongs to.
        """

    def writer(self) -> LogWriter:
        """A publishing side of its own; the caller closes it."""

    def reader(self) -> LogReader:
        """A reading side of its own; the caller closes it."""

    async def close(self) -> None:
        """Let go of what writers and readers share."""
