"""The envelope: a CloudEvents 1.0 JSON document in RFC 8785 canonical bytes, written once and never rewritten.

Its position in the log travels beside the bytes, never inside. `recordedtime` is stamped by the store while it holds
the append lock, so a draft is kept as the bytes before and after that stamp (`Draft`).
"""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from shared.events.canonical import alike, canonical
from shared.events.catalogue import data_of
from shared.events.fact import Fact

MAX_BYTES: Final = 60 * 1024
LONGEST_STREAM: Final = 500
"""Characters in a stream's name: every engine's indexes hold it."""
_STAMP: Final = "0000-00-00T00:00:00.000000Z"
_MARK: Final = b'"recordedtime":"' + _STAMP.encode() + b'"'


class MalformedEvent(Exception):
    """Bytes that are not an event of ours."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event as it stands on the wire. `subject` is the stream; `partitionkey` the AI system's id, else the stream.

    `time` is when it happened, `recordedtime` when the store took it (DESIGN 2). `authid` and `onbehalfof` are
    opaque ids of people, or names of services. `data` is the fact's JSON as it stands (`catalogue.fact_of` reads it).
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    recordedtime: datetime
    partitionkey: str
    streamversion: int
    correlationid: str
    authtype: str
    authid: str
    data: msgspec.Raw
    causationid: str | None = None
    onbehalfof: str | None = None
    policyversion: str | None = None
    traceparent: str | None = None
    specversion: str = ""
    datacontenttype: str = ""


class Draft(msgspec.Struct, frozen=True):
    """An event but for its `recordedtime`: the canonical bytes before and after that value."""

    head: bytes
    tail: bytes

    def stamped(self, recorded: str) -> bytes:
        """The event's final bytes, recorded at the instant that `stamp` put into these words."""
        return self.head + recorded.encode() + self.tail


_decoder = msgspec.json.Decoder(Envelope)


def stamp(instant: datetime) -> str:
    """An instant as RFC 3339 in UTC with exactly six decimals, so that text order is time order."""
    told = msgspec.json.encode(instant if instant.tzinfo is UTC else instant.astimezone(UTC))[1:-1].decode()
    return told if "." in told else f"{told[:-1]}.000000Z"  # whole seconds come without decimals


def draft(attributes: dict[str, Any], fact: Fact) -> Draft:
    """The canonical bytes of an event around the place of its `recordedtime`; attributes that are None are left out."""
    document = {name: value for name, value in attributes.items() if value is not None}
    document |= {"specversion": "1.0", "datacontenttype": "application/json", "recordedtime": _STAMP, "data": fact}
    body = alike(document, type(fact)) or canonical(document | {"data": data_of(fact)})
    # Canonical order puts "data" before "recordedtime"; only the attribute outside of data may match.
    place = body.rindex(_MARK) + len(b'"recordedtime":"')
    return Draft(body[:place], body[place + len(_STAMP) :])


def parse(body: bytes) -> Envelope:
    """The event in these bytes.

    Raises `MalformedEvent` when they are not JSON of this shape, or more than an event may have, or of a stream by a
    name that not every engine can keep.
    """
    if len(body) > MAX_BYTES:
        raise MalformedEvent(f"{len(body)} bytes, an event has at most {MAX_BYTES}")
    try:
        event = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MalformedEvent(str(error)) from error
    if len(event.subject) > LONGEST_STREAM or "\x00" in event.subject:
        raise MalformedEvent(f"a stream's name has at most {LONGEST_STREAM} characters, and none of them is NUL")
    return event
