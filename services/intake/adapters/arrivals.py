"""What every source's delivery amounts to, before it is mapped."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

LONGEST_ID: Final = 300
"""Characters of another system's id, of a record or a person: what is longer is none, and no index would hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One record of another system, as it was at `time` there (None: not told). `event`: created, updated, deleted.

    `record` is the record's lasting id, `label` what people call it, `author` whoever caused the delivery, raw.
    """

    event: str
    record: str
    label: str
    time: datetime | None
    fields: Mapping[str, Any]
    author: Any = None


class Ignored(Exception):
    """A delivery that is none of our business; the message says why."""


class Unreadable(Exception):
    """A delivery that can't be understood; the message says why. It is kept, and can be tried again."""


def lasting(record: str) -> str:
    """The id of a record; raises `Unreadable` for what can't be one."""
    if len(record) > LONGEST_ID:
        raise Unreadable(f"the id of a record is at most {LONGEST_ID} characters long")
    return record


def read(body: bytes) -> Any:
    """The body as JSON, without the control characters and half characters that other systems let through.

    None for what is not JSON, or is nested beyond reason.
    """
    try:
        return _readable(json.loads(body))
    except (ValueError, RecursionError):
        return None


def _readable(tree: Any) -> Any:
    if isinstance(tree, str):
        if tree.isprintable():
            return tree
        return "".join(char for char in tree if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
    if isinstance(tree, list):
        return [_readable(one) for one in tree]
    if isinstance(tree, dict):
        return {_readable(name): _readable(value) for name, value in tree.items()}
    return tree
