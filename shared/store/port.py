"""What the event store promises, whatever engine keeps it (the contract suite is `tests/contracts/store`).

Positions start at 0, are dense and in commit order, so that a position is also the index of a Merkle leaf. Versions
count the events of one stream from 0; -1 is the version of an empty stream. Facts are only ever added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from shared.events.catalogue import fact_of
from shared.events.envelope import Envelope, parse
from shared.events.fact import Fact
from shared.store.database import Database
from shared.store.errors import EventExists as EventExists
from shared.store.errors import EventTooLarge as EventTooLarge
from shared.store.errors import KeyReused as KeyReused
from shared.store.errors import PartitionKeyMoved as PartitionKeyMoved
from shared.store.errors import StoreFrozen as StoreFrozen
from shared.store.errors import StoreFull as StoreFull
from shared.store.errors import StoreHeld as StoreHeld
from shared.store.errors import StoreUnavailable as StoreUnavailable
from shared.store.errors import VersionConflict as VersionConflict
from shared.store.errors import WrongInstallation as WrongInstallation
from shared.store.rollback_guard import RollbackGuard

EMPTY = -1
"""The version of a stream without events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An idempotency key: `scope` is principal and route, `digest` the SHA-256 of what was asked (reliability C1)."""

    scope: str
    value: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who acts, because of what, under which policy: copied into the envelope of every event of one append."""

    authtype: str
    authid: str
    correlationid: str
    onbehalfof: str | None = None
    causationid: str | None = None
    policyversion: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A fact about to be appended; `time` is when it happened."""

    id: str
    fact: Fact
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAppend:
    """Events for one stream, valid only if its version is still `expected`."""

    stream: str
    partitionkey: str
    expected: int
    events: Sequence[NewEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """What one command appends: one or several streams, all or none. `answer` is kept with the key and replayed.

    No events at all is legal with a key: the key alone is kept, and a repeat gets the same answer.
    """

    streams: Sequence[StreamAppend]
    context: Context
    key: Key | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an append became. `position` is that of the first event and `version` the first stream's newest, both
    None when there were no events; `replayed` says that an earlier append with the same key is quoted."""

    position: int | None
    count: int
    version: int | None
    recordedtime: datetime
    answer: Mapping[str, Any]
    replayed: bool = False


@dataclass(frozen=True)
class Stored:
    """One event as it lies in the log."""

    position: int
    id: str
    stream: str
    version: int
    type: str
    recordedtime: datetime
    body: bytes
    leaf: bytes

    @cached_property
    def envelope(self) -> Envelope:
        """The event, parsed."""
        return parse(self.body)

    @cached_property
    def fact(self) -> Fact:
        """The fact in the event, lifted to its present shape."""
        return fact_of(self.envelope.type, self.envelope.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A stream's events so far, its version, and the store's time at the reading: the clock of the command."""

    stream: str
    version: int
    events: Sequence[Stored]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The log's end: the next free position and the time of the newest event (None while empty)."""

    next_position: int
    recordedtime: datetime | None


class EventStore(Protocol):
    """One service's log of facts."""

    @property
    def installation(self) -> str:
        """The installation id the store was born with (a UUID)."""

    @property
    def service(self) -> str:
        """The name of the service the store belongs to."""

    @property
    def origin(self) -> str:
        """The log's origin, `<domain>/<service>` (DESIGN 11); events name `//<origin>` as their source."""

    @property
    def database(self) -> Database:
        """The durable tables beside the events: a service's own, cursors, leases, checkpoints."""

    @property
    def guard(self) -> RollbackGuard:
        """Whether anything may be appended, as far as witnesses know: every append asks it."""

    async def read(self, stream: str) -> Past:
        """All events of a stream in version order."""

    async def append(self, append: Append) -> Receipt:
        """Append durably; returns after the commit.

        Raises `VersionConflict`, `KeyReused`, `EventTooLarge`, `EventExists`, `StoreUnavailable`, `StoreFrozen`,
        `StoreHeld` when the witnesses were not asked within three seconds, and `StoreFull`. A
        repeat of a key with the same digest returns the first receipt, whatever versions it names. A stream named
        without events is only checked: its version must still be the expected one.
        """

    async def replay(self, key: Key) -> Receipt | None:
        """The receipt kept under a key, None if it is new; raises `KeyReused` when the digest differs."""

    async def after(self, position: int, limit: int) -> Sequence[Stored]:
        """Up to `limit` events with a position greater than `position` (-1 for all), in order."""

    async def by_id(self, event_id: str) -> Stored | None:
        """The event with that id."""

    async def head(self) -> Head:
        """Where the log ends now."""

    async def grown(self, position: int, timeout: float) -> None:  # noqa: ASYNC109 - a wait, not a cancellation
        """Wait until the log holds an event beyond `position`, at most `timeout` seconds. A hint only: may be late."""

    async def close(self) -> None:
        """Finish what waits to be appended and let go of the engine."""
