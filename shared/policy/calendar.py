"""Working time: what counts on a clock, and what does not.

All arithmetic is on absolute instants. A working window is named in local time and turned into two UTC instants, so a
day on which the clocks change has as many working minutes as really pass in it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
Hours = tuple[time, time]


class OutsideCalendar(ValueError):
    """An instant lies in a year for which the bundle names no holidays."""


class Calendar(Protocol):
    """A way to count time. Every instant is aware and comes back in UTC."""

    @property
    def day_minutes(self) -> int:
        """The minutes of one day, as a clock's `day` counts them."""

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The earliest instant at which that much counted time has passed since `start`, itself counted time."""

    def counted(self, start: datetime, end: datetime) -> timedelta:
        """The counted time between two instants, exactly; zero where `end` is not after `start`."""

    def next_open(self, instant: datetime) -> datetime:
        """The earliest instant, not before this one, from which time counts."""

    def add_minutes(self, start: datetime, minutes: int) -> datetime:
        """As `add`, in minutes."""

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """The whole counted minutes between two instants; negative where `end` lies before `start`."""


class _Minutes:
    """What every calendar says in minutes, from `add` and `counted`."""

    def add(self, start: datetime, amount: timedelta) -> datetime:
        raise NotImplementedError

    def counted(self, start: datetime, end: datetime) -> timedelta:
        raise NotImplementedError

    def add_minutes(self, start: datetime, minutes: int) -> datetime:
        """See `Calendar.add_minutes`."""
        return self.add(start, timedelta(minutes=minutes))

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """See `Calendar.minutes_between`."""
        if end < start:
            return -(self.counted(end, start) // _MINUTE)
        return self.counted(start, end) // _MINUTE


class ElapsedCalendar(_Minutes):
    """Time that runs day and night: incident and legal clocks."""

    day_minutes = 24 * 60

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """See `Calendar.add`."""
        return _utc(start) + _not_negative(amount)

    def counted(self, start: datetime, end: datetime) -> timedelta:
        """See `Calendar.counted`."""
        return max(timedelta(0), _utc(end) - _utc(start))

    def next_open(self, instant: datetime) -> datetime:
        """The instant itself."""
        return _utc(instant)


class BusinessCalendar(_Minutes):
    """The working hours of a region: local hours on days that are neither weekend nor holiday.

    A clock that ends with the working day ends at its closing hour, not at the next opening: an instant at the very
    end of a window counts as working time.
    """

    def __init__(
        self,
        *,
        region: str,
        timezone: str,
        hours: tuple[Hours, ...],
        weekend: frozenset[int],
        holidays: frozenset[date],
        first: date,
        last: date,
    ) -> None:
        """`weekend` in ISO weekdays (Monday is 1); a window that ends at 00:00 ends with the day."""
        self.region = region
        self.holidays = holidays
        self._zone = ZoneInfo(timezone)
        self._hours = hours
        self._weekend = weekend
        self._first, self._last = first, last
        self._known: dict[date, tuple[tuple[datetime, datetime], ...]] = {}

    @property
    def day_minutes(self) -> int:
        """The working minutes of an ordinary day."""
        return sum(_length(opens, closes) for opens, closes in self._hours)

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """See `Calendar.add`. Raises `OutsideCalendar` beyond the years covered."""
        left, start = _not_negative(amount), _utc(start)
        if not left:
            return start if self.is_open(start) else self.next_open(start)
        for opens, closes in self._from(start):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise AssertionError("unreachable: the windows end by raising")

    def counted(self, start: datetime, end: datetime) -> timedelta:
        """See `Calendar.counted`. Raises `OutsideCalendar` beyond the years covered."""
        start, end, passed = _utc(start), _utc(end), timedelta(0)
        if end <= start:
            return passed
        for opens, closes in self._from(start):
            if opens >= end:
                return passed
            passed += min(closes, end) - opens
            if closes >= end:
                return passed
        raise AssertionError("unreachable: the windows end by raising")

    def next_open(self, instant: datetime) -> datetime:
        """See `Calendar.next_open`. Raises `OutsideCalendar` beyond the years covered."""
        return next(opens for opens, _ in self._from(_utc(instant)))

    def is_open(self, instant: datetime) -> bool:
        """Whether the instant lies in working time, both ends of a window included."""
        instant = _utc(instant)
        today = instant.astimezone(self._zone).date()
        # The day before may end at this very instant; that the first day covered has one is not known.
        days = (today - _DAY, today) if today > self._first else (today,)
        return any(opens <= instant <= closes for day in days for opens, closes in self._windows(day))

    def _from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The windows, or what is left of them, after `start`."""
        day = start.astimezone(self._zone).date()
        while True:
            for opens, closes in self._windows(day):
                if closes > start:
                    yield max(opens, start), closes
            day += _DAY

    def _windows(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        if day not in self._known:
            self._known[day] = self._made(day)
        return self._known[day]

    def _made(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        if not self._first <= day <= self._last:
            raise OutsideCalendar(f"the calendar of {self.region} covers {self._first} to {self._last}, not {day}")
        if day.isoweekday() in self._weekend or day in self.holidays:
            return ()
        windows = ((self._instant(day, opens), self._instant(day, closes, end=True)) for opens, closes in self._hours)
        # Where the clocks go forward, a window in the lost hour is empty, and one that ends in it meets the next.
        made: list[tuple[datetime, datetime]] = []
        for opens, closes in windows:
            free = max(opens, made[-1][1]) if made else opens
            if free < closes:
                made.append((free, closes))
        return tuple(made)

    def _instant(self, day: date, hour: time, *, end: bool = False) -> datetime:
        if end and hour == time(0):
            day += _DAY
        return datetime.combine(day, hour, self._zone).astimezone(UTC)


def _length(opens: time, closes: time) -> int:
    minutes = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
    return minutes if minutes > 0 else minutes + 24 * 60


def _utc(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError("an instant without a time zone")
    return instant.astimezone(UTC)


def _not_negative(amount: timedelta) -> timedelta:
    if amount < timedelta(0):
        raise ValueError("a clock does not run backwards")
    return amount
