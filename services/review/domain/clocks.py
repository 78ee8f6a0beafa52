"""Clock arithmetic: what to record when a clock starts, pauses, goes on, passes the ball, or stops.

What a clock counted is recorded when it is computed and never computed again (DESIGN 8).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.review.domain.clock import Calendars, Clock
from shared.events.intake import ClockTerms
from shared.events.review import (
    BallPassed,
    ClockBreached,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    ReminderAt,
)
from shared.policy.calendar import Calendar
from shared.policy.clocks import due_at, reminders_at


def start(
    review_id: str, name: str, terms: ClockTerms, holder: str, region: str, now: datetime, calendars: Calendars
) -> ClockStarted:
    """A clock that begins now."""
    calendar = calendars[terms.basis]
    return ClockStarted(
        review_id=review_id,
        clock=name,
        basis=terms.basis,
        region=region,
        minutes=terms.minutes,
        started_at=now,
        due_at=due_at(calendar, now, terms.minutes),
        reminders=_reminders(calendar, now, terms.minutes, terms.reminders, 0),
        holder=holder,
    )


def pause(
    review_id: str, clock: Clock, reason: str, holder: str, now: datetime, calendars: Calendars
) -> Sequence[ClockBreached | ClockPaused]:
    """The clock stands still because `holder` has the ball now; had it run out before, that is said first."""
    paused = ClockPaused(
        review_id=review_id,
        clock=clock.name,
        reason=reason,
        paused_at=now,
        spent_minutes=clock.spent_at(now, calendars),
        holder=holder,
    )
    return [*overdue(review_id, clock, now), paused]


def resume(review_id: str, clock: Clock, holder: str, now: datetime, calendars: Calendars) -> ClockResumed:
    """The clock goes on with the minutes it has left; one that has run out keeps its instant."""
    calendar = calendars[clock.basis]
    spent = clock.spent
    percents = tuple(one.percent for one in clock.reminders)
    return ClockResumed(
        review_id=review_id,
        clock=clock.name,
        resumed_at=now,
        spent_minutes=spent,
        due_at=clock.due_at if clock.breached else due_at(calendar, now, clock.minutes, timedelta(minutes=spent)),
        reminders=_reminders(calendar, now, clock.minutes, percents, spent),
        holder=holder,
    )


def pass_ball(
    review_id: str, clock: Clock, holder: str, reason: str, now: datetime, calendars: Calendars
) -> Sequence[ClockBreached | BallPassed]:
    """The ball goes to another while the clock counts on; had it run out before, that is said first."""
    passed = BallPassed(
        review_id=review_id,
        clock=clock.name,
        passed_at=now,
        spent_minutes=clock.spent_at(now, calendars),
        holder=holder,
        reason=reason,
    )
    return [*overdue(review_id, clock, now), passed]


def stop(review_id: str, clock: Clock, now: datetime, calendars: Calendars) -> Sequence[ClockBreached | ClockStopped]:
    """The clock ends; had it run out before, that is said first."""
    late = overdue(review_id, clock, now)
    stopped = ClockStopped(
        review_id=review_id,
        clock=clock.name,
        stopped_at=now,
        spent_minutes=clock.spent_at(now, calendars),
        within=not clock.breached and not late,
    )
    return [*late, stopped]


def overdue(review_id: str, clock: Clock, now: datetime) -> Sequence[ClockBreached]:
    """The breach that nobody noticed yet, if the running clock's end lies before `now`."""
    if clock.phase != "running" or clock.breached or clock.due_at >= now:
        return []
    return [breach(review_id, clock, now)]


def breach(review_id: str, clock: Clock, now: datetime) -> ClockBreached:
    """The fact that a clock ran out at its end, noticed now."""
    return ClockBreached(
        review_id=review_id, clock=clock.name, due_at=clock.due_at, noticed_at=now, holder=clock.holder
    )


def _reminders(
    calendar: Calendar, now: datetime, minutes: int, percents: tuple[int, ...], spent: int
) -> tuple[ReminderAt, ...]:
    coming = reminders_at(calendar, now, minutes, percents, timedelta(minutes=spent))
    return tuple(ReminderAt(percent=one.percent, at=one.at) for one in coming)
