"""Which facts count for a question about the past: by when they happened, and by when we learned of them."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Self

import msgspec

Sight = Literal["true", "known"]
"""`true`: everything that had happened by then, whenever we learned of it. `known`: only what was recorded by then."""

_TICK: Final = timedelta(microseconds=1)
_PERIOD: Final = re.compile(r"(?P<year>\d{4})-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4]))")


class Mark(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a fact stands: when it happened, when its store recorded it, and its position there."""

    time: datetime
    recorded: datetime
    position: int


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month or quarter in UTC: from `start` up to, not including, `end`."""

    name: str
    start: datetime
    end: datetime

    @classmethod
    def parse(cls, text: str) -> Self:
        """The period called `2026-03` or `2026-Q1`; raises `ValueError` for any other text."""
        found = _PERIOD.fullmatch(text)
        if found is None or found["year"] == "0000":
            raise ValueError(f"{text!r} is neither a month (2026-03) nor a quarter (2026-Q1)")
        first = int(found["month"]) if found["month"] else 3 * int(found["quarter"]) - 2
        start = datetime(int(found["year"]), first, 1, tzinfo=UTC)
        return cls(text, start, _months_later(start, 1 if found["month"] else 3))

    @classmethod
    def month_of(cls, instant: datetime, back: int = 0) -> Self:
        """The month that holds the instant, or the one `back` months earlier."""
        here = instant.astimezone(UTC)
        months = here.year * 12 + here.month - 1 - back
        start = datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
        return cls(f"{start:%Y-%m}", start, _months_later(start, 1))

    def holds(self, instant: datetime) -> bool:
        """Whether the instant lies in the period."""
        return self.start <= instant < self.end

    def ends_at(self, instant: datetime) -> bool:
        """Whether the instant is the period's last."""
        return instant == self.end - _TICK


@dataclass(frozen=True, slots=True)
class Cut:
    """A line through history: facts count that happened by `true_at` and, if `known_at` is set, were recorded by it."""

    true_at: datetime
    known_at: datetime | None = None

    @classmethod
    def of(cls, as_of: datetime, sight: Sight = "true", period: Period | None = None) -> Self:
        """The cut for a question as of an instant, about the end of a period where one is named."""
        true_at = as_of if period is None else min(as_of, period.end - _TICK)
        return cls(true_at, as_of if sight == "known" else None)

    def sees(self, mark: Mark) -> bool:
        """Whether the fact lies on the near side of the cut."""
        return mark.time <= self.true_at and (self.known_at is None or mark.recorded <= self.known_at)


def _months_later(start: datetime, months: int) -> datetime:
    for _ in range(months):
        start += timedelta(days=calendar.monthrange(start.year, start.month)[1])
    return start
