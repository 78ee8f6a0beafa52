"""Appends made up for tests; every id is new unless it is given."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from shared.events.intake import DiscoverySettled
from shared.store.port import Append, Context, Key, NewEvent, StreamAppend

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONTEXT = Context(authtype="system", authid="gatehouse/test", correlationid="story")


def event(text: str = "settled", *, event_id: str | None = None) -> NewEvent:
    fact = DiscoverySettled(discovery_id="d", system_id=None, reason=text)
    return NewEvent(id=event_id or str(uuid4()), fact=fact, time=MONDAY)


def on(stream: str, expected: int, *texts: str, partitionkey: str | None = None) -> StreamAppend:
    events = [event(text) for text in texts]
    return StreamAppend(stream=stream, partitionkey=partitionkey or stream, expected=expected, events=events)


def key(value: str, *, scope: str = "anna|POST /things", asked: str = "the same") -> Key:
    return Key(scope=scope, value=value, digest=sha256(asked.encode()).digest())


def append(*streams: StreamAppend, by: Key | None = None, answer: Mapping[str, Any] | None = None) -> Append:
    return Append(streams=streams, context=CONTEXT, key=by, answer=answer or {})


def one(stream: str, expected: int, text: str = "settled", by: Key | None = None) -> Append:
    return append(on(stream, expected, text), by=by)
