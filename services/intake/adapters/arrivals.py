"""What every source's delivery amounts to, before it is mapped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


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
