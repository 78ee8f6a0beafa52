"""Pages of a list: at most 500 entries, and an opaque cursor that goes on after the last one of its own query."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from shared.refusals import Refused

MAX_LIMIT: Final = 500
DEFAULT_LIMIT: Final = 100
MOST: Final = 2**62
"""Numbers beyond this are in no list, and no engine takes them as a parameter."""
Part = str | int


class _Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    query: str
    after: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Up to `limit` entries whose sort key comes after `after` (None: from the start). `query` binds the cursor."""

    limit: int
    after: tuple[Part, ...] | None
    query: str

    def next(self, last: Sequence[Part]) -> str:
        """The cursor of the page after the entry with that sort key."""
        return base64.urlsafe_b64encode(msgspec.json.encode(_Cursor(self.query, tuple(last)))).decode().rstrip("=")

    def last(self, *kinds: type, most: int = MOST) -> tuple[Any, ...] | None:
        """The sort key, of these kinds, after which the page begins; None from the start. `most` bounds its numbers.

        Raises `Refused("invalid-query")` for a cursor that somebody made up: whoever knows the query can.
        """
        if self.after is None:
            return None
        if tuple(map(type, self.after)) != kinds or not all(_storable(part, most) for part in self.after):
            raise Refused("invalid-query", "that is not a cursor of this list")
        return self.after


def page_of(path: str, query: str, limit: str | None, cursor: str | None) -> Page:
    """The page a request asks for.

    Raises `Refused("invalid-query")` for a limit outside 1 to 500 and for a cursor that is not one of this query's.
    """
    bound = _digest(path, query)
    return Page(_limit(limit), _after(cursor, bound) if cursor is not None else None, bound)


def _storable(part: Part, most: int) -> bool:
    """Whether every engine takes it as a parameter."""
    return "\0" not in part if isinstance(part, str) else abs(part) <= most


def _digest(path: str, query: str) -> str:
    asked = sorted(pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in ("cursor", "limit"))
    return hashlib.sha256(f"{path}?{urlencode(asked)}".encode()).hexdigest()[:16]


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
        raise Refused("invalid-query", f"limit is a number from 1 to {MAX_LIMIT}")
    return int(text)


def _after(cursor: str, bound: str) -> tuple[Part, ...]:
    try:
        found = msgspec.json.decode(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", True), type=_Cursor)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Refused("invalid-query", "that is not a cursor of this list") from error
    if found.query != bound:
        raise Refused("invalid-query", "the cursor belongs to another query")
    return found.after
