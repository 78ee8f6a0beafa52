"""Working time on real dates: weekends, holidays, and the days on which the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.policy.bundle import Bundle
from shared.policy.calendar import BusinessCalendar, ElapsedCalendar, OutsideCalendar
from shared.policy.clocks import Reminder, due_at, reminders_at


def local(zone: str, text: str) -> datetime:
    """A local time, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


NEW_YORK, BERLIN, JERUSALEM = "America/New_York", "Europe/Berlin", "Asia/Jerusalem"


@pytest.mark.parametrize(
    ("region", "zone", "start", "minutes", "end"),
    [
        # an ordinary day, and its very end
        ("us", NEW_YORK, "2026-11-23 09:00", 480, "2026-11-23 17:00"),
        ("us", NEW_YORK, "2026-11-23 16:30", 60, "2026-11-24 09:30"),
        # a weekend; Thanksgiving on the Thursday
        ("us", NEW_YORK, "2026-11-20 16:00", 120, "2026-11-23 10:00"),
        ("us", NEW_YORK, "2026-11-25 16:00", 120, "2026-11-27 10:00"),
        # begun at night, and on a holiday
        ("us", NEW_YORK, "2026-11-23 03:00", 30, "2026-11-23 09:30"),
        ("us", NEW_YORK, "2026-12-25 12:00", 30, "2026-12-28 09:30"),
        # over the change of clocks (8 March 2026 there, 29 March here): a working day is a working day
        ("us", NEW_YORK, "2026-03-06 16:00", 120, "2026-03-09 10:00"),
        ("de", BERLIN, "2026-03-27 16:00", 120, "2026-03-30 10:00"),
        ("de", BERLIN, "2026-10-23 16:00", 120, "2026-10-26 10:00"),
        # Epiphany is a holiday in Bavaria, not in all of Germany (2026: a Tuesday)
        ("de-by", BERLIN, "2026-01-05 16:00", 120, "2026-01-07 10:00"),
        ("de", BERLIN, "2026-01-05 16:00", 120, "2026-01-06 10:00"),
        # a week that begins on Sunday
        ("il", JERUSALEM, "2026-11-19 16:00", 120, "2026-11-22 10:00"),
        # twelve business days over the turn of the year
        ("us", NEW_YORK, "2026-12-22 09:00", 12 * 480, "2027-01-08 17:00"),
    ],
)
def test_minutes_are_added_in_working_time(
    bundle: Bundle, region: str, zone: str, start: str, minutes: int, end: str
) -> None:
    calendar = bundle.calendar(region)
    due = calendar.add_minutes(local(zone, start), minutes)
    assert due == local(zone, end)
    assert due.utcoffset() == timedelta(0)
    assert calendar.minutes_between(local(zone, start), due) == minutes


def test_no_minutes_lead_to_where_work_is(bundle: Bundle) -> None:
    calendar = bundle.calendar("us")
    assert calendar.add_minutes(local(NEW_YORK, "2026-11-22 12:00"), 0) == local(NEW_YORK, "2026-11-23 09:00")
    assert calendar.add_minutes(local(NEW_YORK, "2026-11-23 17:00"), 0) == local(NEW_YORK, "2026-11-23 17:00")


def test_the_next_opening_is_never_the_closing_hour(bundle: Bundle) -> None:
    calendar = bundle.calendar("us")
    assert calendar.next_open(local(NEW_YORK, "2026-11-23 17:00")) == local(NEW_YORK, "2026-11-24 09:00")
    assert calendar.next_open(local(NEW_YORK, "2026-11-23 12:00")) == local(NEW_YORK, "2026-11-23 12:00")


def test_whole_minutes_are_counted_and_backwards_is_negative(bundle: Bundle) -> None:
    calendar = bundle.calendar("us")
    start = local(NEW_YORK, "2026-11-23 10:00")
    assert calendar.minutes_between(start, start + timedelta(seconds=119)) == 1
    assert calendar.minutes_between(start + timedelta(minutes=5), start) == -5
    assert calendar.minutes_between(local(NEW_YORK, "2026-11-21 10:00"), local(NEW_YORK, "2026-11-22 10:00")) == 0


def night_shift(zone: str) -> BusinessCalendar:
    """Work around midnight and through the hour in which clocks change."""
    return BusinessCalendar(
        region="night",
        timezone=zone,
        hours=((time(0), time(6)), (time(22), time(0))),
        weekend=frozenset(),
        holidays=frozenset(),
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
    )


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 8), ("2026-03-29", 7), ("2026-10-25", 9)])
def test_a_night_on_which_the_clocks_change_has_as_many_minutes_as_pass(day: str, hours: int) -> None:
    calendar = night_shift(BERLIN)
    start = local(BERLIN, f"{day} 00:00")
    end = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(0), ZoneInfo(BERLIN))
    assert calendar.minutes_between(start, end) == hours * 60
    assert calendar.day_minutes == 8 * 60


def test_midnight_between_two_windows_is_working_time() -> None:
    calendar = night_shift(BERLIN)
    assert calendar.is_open(local(BERLIN, "2026-06-10 00:00"))
    assert calendar.add_minutes(local(BERLIN, "2026-06-09 23:30"), 60) == local(BERLIN, "2026-06-10 00:30")


def test_the_first_day_covered_counts_from_its_first_instant() -> None:
    calendar, first = night_shift(BERLIN), local(BERLIN, "2026-01-01 00:00")
    assert calendar.is_open(first)
    assert calendar.next_open(first) == first
    assert calendar.add_minutes(first, 60) == local(BERLIN, "2026-01-01 01:00")
    assert calendar.minutes_between(first, local(BERLIN, "2026-01-01 23:00")) == 7 * 60
    for ask in (calendar.is_open, calendar.next_open):
        with pytest.raises(OutsideCalendar):
            ask(first - timedelta(microseconds=1))


def test_two_windows_that_the_lost_hour_moves_into_each_other_count_once() -> None:
    calendar = BusinessCalendar(
        region="gap",
        timezone=NEW_YORK,
        hours=((time(0), time(2, 45)), (time(3), time(5))),
        weekend=frozenset(),
        holidays=frozenset(),
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
    )
    midnight = local(NEW_YORK, "2026-03-08 00:00")
    assert calendar.minutes_between(midnight, local(NEW_YORK, "2026-03-08 12:00")) == 4 * 60
    assert calendar.add_minutes(midnight, 4 * 60) == local(NEW_YORK, "2026-03-08 05:00")


def test_a_window_in_the_hour_that_is_lost_is_empty() -> None:
    calendar = BusinessCalendar(
        region="gap",
        timezone=BERLIN,
        hours=((time(2), time(3)),),
        weekend=frozenset(),
        holidays=frozenset(),
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
    )
    assert calendar.next_open(local(BERLIN, "2026-03-28 12:00")) == local(BERLIN, "2026-03-30 02:00")


def test_beyond_the_years_covered_nothing_is_guessed(bundle: Bundle) -> None:
    with pytest.raises(OutsideCalendar, match="covers 2018-01-01 to 2035-12-31"):
        bundle.calendar("us").add_minutes(local(NEW_YORK, "2035-12-28 16:00"), 5 * 480)


@pytest.mark.parametrize("calendar", ["us", None])
def test_a_time_without_a_zone_and_a_clock_that_runs_backwards_are_refused(
    bundle: Bundle, calendar: str | None
) -> None:
    counted = bundle.calendar(calendar) if calendar else ElapsedCalendar()
    with pytest.raises(ValueError, match="without a time zone"):
        counted.add_minutes(datetime(2026, 11, 23, 9), 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="does not run backwards"):
        counted.add_minutes(datetime(2026, 11, 23, 9, tzinfo=UTC), -1)


def test_elapsed_time_runs_day_and_night() -> None:
    calendar, saturday = ElapsedCalendar(), datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert calendar.add_minutes(saturday, 90) == datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
    assert calendar.minutes_between(saturday, datetime(2026, 11, 22, 23, tzinfo=UTC)) == 1440
    assert calendar.next_open(saturday) == saturday
    assert calendar.day_minutes == 1440


def test_a_clock_says_when_it_ends_and_when_it_reminds(bundle: Bundle) -> None:
    calendar, start = bundle.calendar("us"), local(NEW_YORK, "2026-11-23 09:00")
    assert due_at(calendar, start, 480) == local(NEW_YORK, "2026-11-23 17:00")
    assert reminders_at(calendar, start, 480, (50, 80)) == (
        Reminder(50, local(NEW_YORK, "2026-11-23 13:00")),
        Reminder(80, local(NEW_YORK, "2026-11-23 15:24")),
    )


def test_a_resumed_clock_has_only_what_is_left_and_its_reminders_to_come(bundle: Bundle) -> None:
    calendar, resumed = bundle.calendar("us"), local(NEW_YORK, "2026-11-24 09:00")
    spent = timedelta(minutes=300)
    assert due_at(calendar, resumed, 480, spent) == local(NEW_YORK, "2026-11-24 12:00")
    assert reminders_at(calendar, resumed, 480, (50, 80), spent) == (Reminder(80, local(NEW_YORK, "2026-11-24 10:24")),)
    assert due_at(calendar, resumed, 480, timedelta(minutes=500)) == resumed
