"""A review's clocks explained: who held the ball, from when until when, in words and in minutes that add up.

Minutes of stretches that have ended are those recorded in the facts; only the open one is counted up to now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.review.domain.case import Case
from services.review.domain.clock import ANSWER, GATHERING, REVIEW, ROUNDS, Calendars, Clock, Span, counted

_DOING = {GATHERING: "gathering the evidence", REVIEW: "reviewing", ANSWER: "answering what was asked"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of a clock; `until` None while it lasts. A clock that stood still counted no minutes in it."""

    clock: str
    holder: str
    since: datetime
    until: datetime | None
    minutes: int
    counted: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTold:
    """One run of one clock, and its stretches; the minutes of those that count add up to `spent_minutes`."""

    clock: str
    basis: str
    region: str
    minutes: int
    spent_minutes: int
    state: str
    due_at: datetime
    within: bool | None
    breached: bool
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How long a holder had the ball in all, over the whole review."""

    holder: str
    minutes: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The whole review: `held` adds up to `total_minutes`, every working minute from its opening to its end or now."""

    as_of: datetime
    total_minutes: int
    held: tuple[Held, ...]
    rounds: tuple[Stretch, ...]
    clocks: tuple[ClockTold, ...]


def explain(case: Case, now: datetime, calendars: Calendars) -> Explanation:
    """Who held the ball of a review, as of now."""
    runs = [_told(clock, now, calendars) for clock in (*case.earlier_clocks, *case.clocks.values())]
    runs.sort(key=lambda run: run.stretches[0].since)
    rounds = sorted(
        (one for run in runs if run.clock in ROUNDS for one in run.stretches if one.counted),
        key=lambda one: one.since,
    )
    held = _held(rounds)
    return Explanation(
        as_of=now,
        total_minutes=sum(one.minutes for one in held),
        held=held,
        rounds=tuple(rounds),
        clocks=tuple(runs),
    )


def _told(clock: Clock, now: datetime, calendars: Calendars) -> ClockTold:
    stretches = tuple(_stretch(clock, span, now, calendars) for span in clock.spans)
    return ClockTold(
        clock=clock.name,
        basis=clock.basis,
        region=clock.region,
        minutes=clock.minutes,
        spent_minutes=sum(one.minutes for one in stretches),
        state=clock.phase,
        due_at=clock.due_at,
        within=clock.within,
        breached=clock.breached or (clock.phase == "running" and clock.due_at < now),
        stretches=stretches,
    )


def _stretch(clock: Clock, span: Span, now: datetime, calendars: Calendars) -> Stretch:
    minutes = span.minutes
    if span.until is None and span.counted and clock.phase == "running":
        minutes = counted(calendars[clock.basis], span.since, now)
    return Stretch(
        clock=clock.name,
        holder=span.holder,
        since=span.since,
        until=span.until,
        minutes=minutes,
        counted=span.counted,
        words=_words(clock, span, minutes),
    )


def _words(clock: Clock, span: Span, minutes: int) -> str:
    period = f"from {_instant(span.since)} " + ("until now" if span.until is None else f"to {_instant(span.until)}")
    because = f" ({span.reason})" if span.reason else ""
    if not span.counted:
        return f"the clock stood still {period}{because}; the {span.holder} had the ball"
    doing = _DOING.get(clock.name, f"ruling for {clock.discipline}" if clock.discipline else clock.name)
    return f"the {span.holder} had the ball {period}, {doing}: {_amount(minutes, clock.basis)}{because}"


def _held(rounds: Iterable[Stretch]) -> tuple[Held, ...]:
    minutes: dict[str, int] = {}
    for one in rounds:
        minutes[one.holder] = minutes.get(one.holder, 0) + one.minutes
    return tuple(
        Held(holder=holder, minutes=spent, words=f"the {holder} had the ball for {_amount(spent, 'business')}")
        for holder, spent in minutes.items()
    )


def _amount(minutes: int, basis: str) -> str:
    hours, rest = divmod(minutes, 60)
    parts: Sequence[str] = [f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else ""]
    return f"{' '.join(part for part in parts if part)} of {'working' if basis == 'business' else 'elapsed'} time"


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
