"""Dates as spreadsheets leave them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

_DAY_NOUGHT: Final = date(1899, 12, 30)  # of spreadsheets' day numbers
_YEARS: Final = range(1980, 2100)


def date_of(text: str, formats: Iterable[str], earliest: date, *, years_as_days: bool) -> date | None:
    """The date that a cell holds; None where it holds none that can be trusted.

    A date whose day number is itself a year (1905-07-16 is day 2024) was a year: with `years_as_days` its first of
    January is taken.
    """
    for form in formats:
        try:
            found = datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  (a calendar date has no zone)
        except ValueError:
            continue
        number = (found - _DAY_NOUGHT) // timedelta(days=1)
        if years_as_days and number in _YEARS:
            return date(number, 1, 1)
        return found if found >= earliest else None
    return None
