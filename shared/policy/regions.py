"""Regions: from a country, its working hours and the `holidays` package to a business calendar."""

import re
import warnings
from datetime import date, time
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays

from shared.policy.calendar import BusinessCalendar, Hours
from shared.policy.condition import Data

_HOURS = re.compile(r"[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EARLIEST, _LATEST = 1900, 2999
"""No year beyond these is meant; one of many digits would be counted up to for hours."""


class Years(Data, frozen=True, kw_only=True):
    """The first and the last year that the calendars cover."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not _EARLIEST <= self.first <= self.last <= _LATEST:
            raise ValueError(f"the years of the calendars do not stand in order from {_EARLIEST} to {_LATEST}")


class Region(Data, frozen=True, kw_only=True):
    """Where people work: time zone, hours as `09:00-17:00`, days off, whose public holidays, and further ones."""

    id: str
    label: str
    timezone: str
    country: str | None = None
    subdivision: str | None = None
    hours: tuple[str, ...] = ("09:00-17:00",)
    weekend: tuple[str, ...] = ("saturday", "sunday")
    extra_holidays: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.hours:
            raise ValueError(f"region {self.id}: no working hours, so no clock would end")
        if strange := set(self.weekend) - set(_WEEKDAYS):
            raise ValueError(f"region {self.id}: no day is called {', '.join(sorted(strange))}")
        if set(self.weekend) == set(_WEEKDAYS):
            raise ValueError(f"region {self.id}: every day is a weekend, so no clock would end")

    def calendar(self, years: Years) -> BusinessCalendar:
        """The calendar of the region for these years.

        Raises `ValueError` for hours, days, zones, countries or years that do not exist.
        """
        return BusinessCalendar(
            region=self.id,
            timezone=_zone(self.timezone),
            hours=_in_order(tuple(_hours(text) for text in self.hours)),
            weekend=frozenset(_WEEKDAYS.index(day) + 1 for day in self.weekend),
            holidays=self._holidays(years),
            first=date(years.first, 1, 1),
            last=date(years.last, 12, 31),
        )

    def _holidays(self, years: Years) -> frozenset[date]:
        extra = frozenset(date.fromisoformat(text) for text in self.extra_holidays)
        if self.country is None:
            return extra
        covered = range(years.first, years.last + 1)
        try:
            with warnings.catch_warnings():
                # The package only warns where it does not know a year; a calendar without holidays would be wrong.
                warnings.simplefilter("error")
                known = holidays.country_holidays(self.country, subdiv=self.subdivision, years=covered)
        except (NotImplementedError, UserWarning) as error:
            raise ValueError(f"region {self.id}: {error}") from error
        return extra | frozenset(known)


class Regions(Data, frozen=True, kw_only=True, dict=True):
    """All regions; `default_region` is that of a system which names none."""

    years: Years
    default_region: str
    regions: tuple[Region, ...]

    @cached_property
    def calendars(self) -> dict[str, BusinessCalendar]:
        """The calendars by region."""
        return {region.id: region.calendar(self.years) for region in self.regions}


def _in_order(hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    for (_, closes), (opens, _) in pairwise(hours):
        if closes == time(0) or opens < closes:
            raise ValueError("working hours overlap or do not stand in their order: some would count twice, or never")
    return hours


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, KeyError) as error:  # a name is looked up as a file, which may be a folder or too long
        raise ValueError(f"there is no time zone {name[:100]!r}") from error


def _hours(text: str) -> Hours:
    if _HOURS.fullmatch(text) is None:
        raise ValueError(f"working hours {text[:100]!r} are not such as 09:00-17:00")
    opens, _, closes = text.partition("-")
    hours = time.fromisoformat(opens), time(0) if closes == "24:00" else time.fromisoformat(closes)
    if hours[1] <= hours[0] and hours[1] != time(0):
        raise ValueError(f"working hours {text!r} end before they begin")
    return hours
