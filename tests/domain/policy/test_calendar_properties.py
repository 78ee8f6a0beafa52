"""What holds of working time whatever the region, the instant and the span."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.policy.bundle import load_bundle
from shared.policy.calendar import BusinessCalendar, Calendar, ElapsedCalendar

BUNDLE = load_bundle()
BEGIN = datetime(2019, 1, 1, tzinfo=UTC)
_NIGHTS = {
    zone: BusinessCalendar(
        region=zone,
        timezone=zone,
        hours=((time(0), time(5)), (time(23), time(0))),
        weekend=frozenset({7}),
        holidays=frozenset({date(2026, 3, 30)}),
        first=date(2018, 1, 1),
        last=date(2035, 12, 31),
    )
    for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo")
}
business = st.sampled_from([*BUNDLE.regions.calendars.values(), *_NIGHTS.values()])
calendars: st.SearchStrategy[Calendar] = business | st.just(ElapsedCalendar())
instants = st.integers(0, 14 * 365 * 24 * 3600 * 10).map(lambda tenths: BEGIN + timedelta(milliseconds=100 * tenths))
amounts = st.integers(0, 30_000).map(lambda minutes: timedelta(minutes=minutes)) | st.timedeltas(
    timedelta(0), timedelta(days=12)
)
examined = settings(max_examples=200)


@examined
@given(calendars, instants, amounts)
def test_what_was_added_is_what_lies_between(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    assert calendar.counted(start, calendar.add(start, amount)) == amount


@examined
@given(calendars, instants, st.integers(0, 30_000))
def test_whole_minutes_too(calendar: Calendar, start: datetime, minutes: int) -> None:
    end = calendar.add_minutes(start, minutes)
    assert calendar.minutes_between(start, end) == minutes
    assert calendar.minutes_between(end, start) == -minutes


@examined
@given(calendars, instants, amounts, amounts)
def test_two_spans_one_after_the_other_are_their_sum(
    calendar: Calendar, start: datetime, one: timedelta, other: timedelta
) -> None:
    assert calendar.add(calendar.add(start, one), other) == calendar.add(start, one + other)


@examined
@given(calendars, instants, instants, amounts)
def test_who_starts_later_does_not_end_earlier(
    calendar: Calendar, one: datetime, other: datetime, amount: timedelta
) -> None:
    earlier, later = sorted((one, other))
    assert calendar.add(earlier, amount) <= calendar.add(later, amount)


@examined
@given(calendars, instants, amounts, amounts)
def test_more_time_ends_later(calendar: Calendar, start: datetime, amount: timedelta, more: timedelta) -> None:
    first, second = calendar.add(start, amount), calendar.add(start, amount + more)
    assert (first < second) if more else (first == second)


@examined
@given(business, instants, amounts)
def test_a_deadline_always_falls_into_working_time(
    calendar: BusinessCalendar, start: datetime, amount: timedelta
) -> None:
    due = calendar.add(start, amount)
    assert due >= start
    assert calendar.is_open(due)


@examined
@given(business, instants)
def test_the_next_opening_is_open_and_nothing_counts_before_it(calendar: BusinessCalendar, start: datetime) -> None:
    opening = calendar.next_open(start)
    assert calendar.is_open(opening)
    assert calendar.counted(start, opening) == timedelta(0)
    assert calendar.counted(opening, opening + timedelta(microseconds=1)) == timedelta(microseconds=1)


@examined
@given(calendars, st.lists(instants, min_size=2, max_size=6).map(sorted))
def test_what_is_counted_in_parts_is_what_is_counted_whole(calendar: Calendar, marks: list[datetime]) -> None:
    parts = [calendar.counted(one, other) for one, other in pairwise(marks)]
    assert sum(parts, timedelta(0)) == calendar.counted(marks[0], marks[-1])


@examined
@given(calendars, instants, st.integers(1, 10_000), st.lists(st.tuples(amounts, amounts), max_size=4))
def test_pauses_cost_a_clock_nothing(
    calendar: Calendar, start: datetime, minutes: int, pauses: list[tuple[timedelta, timedelta]]
) -> None:
    """However often a clock is paused and resumed, it runs its length exactly, and the due instant follows."""
    total, spent, now = timedelta(minutes=minutes), timedelta(0), start
    for running, paused in pauses:
        run = min(running, total - spent)
        stopped = calendar.add(now, run)
        spent += calendar.counted(now, stopped)
        now = stopped + paused
    due = calendar.add(now, total - spent)
    assert spent + calendar.counted(now, due) == total
    if not pauses:
        assert due == calendar.add(start, total)
