"""From an append to bytes, all but the stamp, before anything waits in a queue."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from shared.events.catalogue import type_of
from shared.events.envelope import LONGEST_STREAM, MAX_BYTES, Draft, draft, stamp
from shared.store.port import Append, Context, EventTooLarge, Key, NewEvent, StreamAppend

LARGEST_VERSION: Final = 2**31 - 1
LONGEST_KEY: Final = 2_000
"""Bytes of a key and its scope: an index of PostgreSQL holds no more than 2,700."""
_STAMP_BYTES: Final = len("0000-00-00T00:00:00.000000Z")
_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class DraftedEvent:
    """An event with its place in its stream; only the instant of recording is missing."""

    id: str
    stream: str
    version: int
    type: str
    partitionkey: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class Drafted:
    """A command as the writer takes it: what must hold, what to add, what to answer to a repeat."""

    streams: Sequence[StreamAppend]
    events: Sequence[DraftedEvent]
    key: Key | None
    answer: str

    @property
    def version(self) -> int | None:
        """The first stream's newest version once this is appended; None without events."""
        if not self.events:
            return None
        return self.streams[0].expected + len(self.streams[0].events)

    @property
    def claims(self) -> frozenset[tuple[str, ...]]:
        """What no two commands of one batch may share: streams, the key, event ids."""
        names = [("stream", each.stream) for each in self.streams] + [("event", each.id) for each in self.events]
        keys = [("key", self.key.scope, self.key.value)] if self.key is not None else []
        return frozenset([*names, *keys])


def drafted(append: Append, source: str) -> Drafted:
    """The bytes of an append's events but for their stamps; `source` is the CloudEvents source of this store.

    Raises `EventTooLarge`, and `ValueError` for an append that makes no sense: no event and no key, a stream or an id
    named twice, an id that is no lower-case UUID, a time without zone, text that an engine can't keep or index.
    """
    streams = [each.stream for each in append.streams]
    if len(set(streams)) != len(streams):
        raise ValueError(f"a stream is named twice: {streams}")
    events = [
        _event(each, event, each.expected + number, append.context, source)
        for each in append.streams
        for number, event in enumerate(each.events, start=1)
    ]
    if len({event.id for event in events}) != len(events):
        raise ValueError("two events have one id")
    if not events and append.key is None:
        raise ValueError("nothing to append and no key to keep")
    _check_words(append)
    answer = msgspec.json.encode(append.answer).decode()
    return Drafted(append.streams, events, append.key, answer)


def _check_words(append: Append) -> None:
    """Refuse what an engine would refuse for the whole batch: text in PostgreSQL holds no NUL, UTF-8 no surrogate."""
    words = [word for each in append.streams for word in (each.stream, each.partitionkey)]
    words += [append.key.scope, append.key.value] if append.key is not None else []
    if any("\x00" in word or not word for word in words):
        raise ValueError(f"empty, or with a NUL: {words}")
    "".join(words).encode()
    if any(len(each.stream) > LONGEST_STREAM for each in append.streams):
        raise ValueError(f"a stream's name has at most {LONGEST_STREAM} characters")
    if append.key is not None and len((append.key.scope + append.key.value).encode()) > LONGEST_KEY:
        raise ValueError(f"a key and its scope have at most {LONGEST_KEY} bytes")
    if any(not -1 <= each.expected < LARGEST_VERSION - len(each.events) for each in append.streams):
        raise ValueError("no stream has such a version")


def _event(stream: StreamAppend, event: NewEvent, version: int, context: Context, source: str) -> DraftedEvent:
    if not _UUID.fullmatch(event.id):
        raise ValueError(f"not a UUID in its usual form: {event.id}")
    if event.time.tzinfo is None:
        raise ValueError(f"a time without a zone: {event.time}")
    type_name = type_of(event.fact)
    attributes = {
        "id": event.id,
        "source": source,
        "type": type_name,
        "subject": stream.stream,
        "time": stamp(event.time),
        "partitionkey": stream.partitionkey,
        "streamversion": version,
        "correlationid": context.correlationid,
        "causationid": context.causationid,
        "authtype": context.authtype,
        "authid": context.authid,
        "onbehalfof": context.onbehalfof,
        "policyversion": context.policyversion,
        "traceparent": context.traceparent,
    }
    parts = draft(attributes, event.fact)
    if (size := len(parts.head) + _STAMP_BYTES + len(parts.tail)) > MAX_BYTES:
        raise EventTooLarge(f"{type_name} has {size} bytes, {MAX_BYTES} are allowed")
    return DraftedEvent(event.id, stream.stream, version, type_name, stream.partitionkey, parts)
