"""CloudEvents over HTTP, in binary and structured mode (CloudEvents 1.0.2, HTTP protocol binding)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cloudevents.core.bindings.http import HTTPMessage, from_binary, from_structured
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.refusals import Refused

STRUCTURED: Final = "application/cloudevents+json"
LONGEST_KEY: Final = 1_000
_PREFIX: Final = "ce-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event that somebody sent: who says so, under which id, and what."""

    source: str
    id: str
    data: Any

    @property
    def key(self) -> str:
        """What a repeat has in common: the id is unique within its source. No header value holds a line break."""
        return f"{self.source}\n{self.id}"


def is_event(media_type: str, headers: Mapping[str, str]) -> bool:
    """Whether a request holds a CloudEvent. The media type rules: structured mode may repeat attributes as headers."""
    return media_type == STRUCTURED or f"{_PREFIX}specversion" in headers


def event_in(media_type: str, headers: Mapping[str, str], body: bytes) -> Heard:
    """The event in a request, whose body is known to be JSON.

    Raises `Refused("invalid-field")` for one that lacks what the specification demands.
    """
    message = HTTPMessage(headers=dict(headers), body=body)
    structured = media_type == STRUCTURED
    stated = json.loads(body) if structured else headers
    _insist(stated if isinstance(stated, Mapping) else {}, "" if structured else _PREFIX)
    try:
        event = (from_structured if structured else from_binary)(message, JSONFormat(), CloudEvent)
    except (BaseCloudEventException, ValueError, KeyError, TypeError) as error:
        raise Refused("invalid-field", f"that is not a CloudEvent 1.0: {_words(error)}") from error
    heard = Heard(source=event.get_source(), id=event.get_id(), data=event.get_data())
    if not (heard.source + heard.id).isprintable() or len(heard.key.encode()) > LONGEST_KEY:
        raise Refused("invalid-field", f"source and id are printable text of at most {LONGEST_KEY} bytes together")
    return heard


def _insist(stated: Mapping[str, Any], prefix: str) -> None:
    """The library invents an id where none is stated: a repeat would then pass for another event."""
    if not stated.get(f"{prefix}id"):
        raise Refused("invalid-field", "a CloudEvent has an id", [{"detail": "missing", "pointer": "#/id"}])
    if stated.get(f"{prefix}specversion") != "1.0":
        wrong = {"detail": "must be 1.0", "pointer": "#/specversion"}
        raise Refused("invalid-field", "CloudEvents of version 1.0 are taken", [wrong])


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:500]
