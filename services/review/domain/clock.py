"""A clock as its facts tell it: who has the ball, what it counted, what it will say next.

Instants are counted by their whole minute, so that the stretches between them telescope: their minutes add up exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from shared.events.review import (
    BallPassed,
    ClockBreached,
    ClockPaused,
    ClockReminded,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    ReminderAt,
    ReviewEscalated,
)
from shared.policy import clocks
from shared.policy.calendar import Calendar

GATHERING: Final = clocks.GATHERING
REVIEW: Final = clocks.REVIEW
ANSWER: Final = clocks.ANSWER
SIGNOFF: Final = clocks.SIGNOFF
SUBMITTER: Final = "submitter"
REVIEWERS: Final = "reviewers"
BOARD: Final = "board"
ROUNDS: Final = (GATHERING, REVIEW, ANSWER)
"""The clocks of which one at most runs at a time: together they account for every minute of a review."""

ClockFact = (
    ClockStarted
    | ClockPaused
    | BallPassed
    | ClockResumed
    | ClockStopped
    | ClockReminded
    | ClockBreached
    | ReviewEscalated
)


Calendars = Mapping[str, Calendar]
"""A calendar for each basis: business and elapsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch in which one holder had the ball; the clock counted `minutes`, or stood still (`counted` false)."""

    holder: str
    since: datetime
    until: datetime | None = None
    minutes: int = 0
    counted: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One run of a clock, folded from its facts; `reminded` is the greatest percentage that was told."""

    name: str
    basis: str
    region: str
    minutes: int
    started_at: datetime
    due_at: datetime
    reminders: tuple[ReminderAt, ...]
    spans: tuple[Span, ...]
    phase: Literal["running", "paused", "stopped"] = "running"
    reminded: int = 0
    breached: bool = False
    within: bool | None = None
    step: int = 0
    next_step_at: datetime | None = None

    @property
    def spent(self) -> int:
        """The minutes counted in the stretches that have ended."""
        return sum(span.minutes for span in self.spans if span.counted)

    @property
    def holder(self) -> str:
        """Who has the ball, or had it last."""
        return self.spans[-1].holder

    @property
    def discipline(self) -> str | None:
        """The discipline whose sign-off the clock times, if it times one."""
        kind, _, discipline = self.name.partition(":")
        return discipline if kind == SIGNOFF else None

    def pending(self) -> tuple[ReminderAt, ...]:
        """The reminders that were not told yet; none once the clock has run out."""
        return () if self.breached else tuple(one for one in self.reminders if one.percent > self.reminded)

    def next_instant(self) -> datetime | None:
        """When this clock next has something to say: a reminder, its end, or the next step of its escalation."""
        if self.phase != "running":
            return None
        if self.breached:
            return self.next_step_at
        return min([one.at for one in self.pending()] + [self.due_at])

    def spent_at(self, now: datetime, calendars: Calendars) -> int:
        """The minutes counted up to `now`, the open stretch included."""
        last = self.spans[-1]
        if self.phase != "running":
            return self.spent
        return self.spent + counted(calendars[self.basis], last.since, now)


def counted(calendar: Calendar, since: datetime, until: datetime) -> int:
    """The working minutes between the whole minutes in which the two instants lie."""
    return max(0, calendar.minutes_between(_minute(since), _minute(until)))


def fold(clock: Clock, fact: ClockFact) -> Clock:
    """The clock after one of its facts; `ClockStarted` begins a new run (`begin`)."""
    match fact:
        case ClockStarted():
            return begin(fact)
        case ClockPaused():
            still = Span(holder=fact.holder, since=fact.paused_at, counted=False, reason=fact.reason)
            return replace(clock, phase="paused", spans=(*_closed(clock, fact.paused_at, fact.spent_minutes), still))
        case ClockResumed():
            going = Span(holder=fact.holder, since=fact.resumed_at)
            spans = (*_closed(clock, fact.resumed_at, fact.spent_minutes), going)
            return replace(clock, phase="running", due_at=fact.due_at, reminders=fact.reminders, spans=spans)
        case BallPassed():
            going = Span(holder=fact.holder, since=fact.passed_at, reason=fact.reason)
            return replace(clock, spans=(*_closed(clock, fact.passed_at, fact.spent_minutes), going))
        case ClockStopped():
            spans = _closed(clock, fact.stopped_at, fact.spent_minutes)
            return replace(clock, phase="stopped", within=fact.within, spans=spans, next_step_at=None)
        case ClockReminded():
            return replace(clock, reminded=max(clock.reminded, fact.percent))
        case ClockBreached():
            # Nobody was told of it yet, not even where somebody's act brought it to light: the first step is due.
            return replace(clock, breached=True, next_step_at=fact.due_at)
        case ReviewEscalated():
            return replace(clock, step=fact.step, next_step_at=fact.next_at)


def begin(fact: ClockStarted) -> Clock:
    """A clock's run as it starts."""
    return Clock(
        name=fact.clock,
        basis=fact.basis,
        region=fact.region,
        minutes=fact.minutes,
        started_at=fact.started_at,
        due_at=fact.due_at,
        reminders=fact.reminders,
        spans=(Span(holder=fact.holder, since=fact.started_at),),
    )


def _closed(clock: Clock, until: datetime, spent: int) -> tuple[Span, ...]:
    last = clock.spans[-1]
    return (*clock.spans[:-1], replace(last, until=until, minutes=spent - clock.spent if last.counted else 0))


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
