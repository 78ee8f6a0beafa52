"""How long things may take, when people are reminded, and to whom a breach goes."""

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final, Literal

import msgspec

from shared.policy.calendar import Calendar
from shared.policy.condition import Data

TRIAGE: Final = "triage"
ANSWER: Final = "answer"
GATHERING: Final = "gathering"
REVIEW: Final = "review"
SIGNOFF: Final = "signoff"
OF_TRIAGE: Final = (TRIAGE, ANSWER)
"""The clocks of every tier: whatever is proposed is confirmed, and may be asked about before."""
OF_REVIEW: Final = (GATHERING, REVIEW, SIGNOFF)
"""The further clocks of a tier that opens a review."""
Basis = Literal["business", "elapsed"]
Unit = Literal["minute", "hour", "day"]
_MINUTES = {"minute": 1, "hour": 60}


class ClockRule(msgspec.Struct, frozen=True, kw_only=True):
    """One clock of one tier: `amount` units of business or elapsed time; reminders in percent of it."""

    clock: str
    label: str
    amount: int
    unit: Unit
    basis: Basis
    reminders: tuple[int, ...]

    def minutes(self, calendar: Calendar) -> int:
        """The clock's length in minutes of that calendar; a day is the calendar's own (business: its working day)."""
        return self.amount * (calendar.day_minutes if self.unit == "day" else _MINUTES[self.unit])


class Clock(Data, frozen=True, kw_only=True):
    """A clock as it stands in the bundle."""

    label: str
    basis: Basis
    unit: Unit
    by_tier: dict[str, int]


class Mitigation(Data, frozen=True, kw_only=True):
    """Reminders before a mitigation's planned date; after it, escalation."""

    remind_days_before: tuple[int, ...]


class Acceptance(Data, frozen=True, kw_only=True):
    """How long an acceptance or exception may last, and when its end is announced, in calendar days before."""

    longest_months: dict[str, int]
    warn_days_before: tuple[int, ...]


class Span(Data, frozen=True, kw_only=True):
    """A span of elapsed time."""

    amount: int
    unit: Unit


class IncidentClocks(Data, frozen=True, kw_only=True):
    """Until when an incident is acknowledged and its review held, in elapsed time from its report."""

    acknowledge: Span
    review: Span


class Notice(Data, frozen=True, kw_only=True):
    """A legal duty to notify within calendar days, from a date on."""

    id: str
    label: str
    jurisdiction: str
    calendar_days: int
    applies_from: date
    source: str


class EscalationStep(Data, frozen=True, kw_only=True):
    """Who is told when a breach has lasted that many business days."""

    role: str
    after_business_days: int


class Escalation(Data, frozen=True, kw_only=True):
    """The chain that a breach climbs; those to `inform` are told at each step."""

    chain: tuple[EscalationStep, ...]
    inform: tuple[str, ...]


class ClockRules(Data, frozen=True, kw_only=True, dict=True):
    """All clocks. The time until a post-launch review is in days after launch."""

    reminders: tuple[int, ...]
    clocks: dict[str, Clock]
    mitigation: Mitigation
    acceptance: Acceptance
    post_launch_days: dict[str, tuple[int, ...]]
    incidents: dict[str, IncidentClocks]
    notices: tuple[Notice, ...]
    escalation: Escalation

    def rule(self, kind: str, tier: str) -> ClockRule:
        """The clock of that kind at that tier.

        Raises `LookupError` where the bundle has none.
        """
        clock = self.clocks.get(kind)
        if clock is None or tier not in clock.by_tier:
            raise LookupError(f"the bundle has no clock {kind!r} at tier {tier!r}")
        return ClockRule(
            clock=kind,
            label=clock.label,
            amount=clock.by_tier[tier],
            unit=clock.unit,
            basis=clock.basis,
            reminders=self.reminders,
        )

    def for_tier(self, tier: str) -> tuple[ClockRule, ...]:
        """Every clock that the tier has."""
        return self._by_tier.get(tier, ())

    @cached_property
    def _by_tier(self) -> dict[str, tuple[ClockRule, ...]]:
        tiers = {tier for clock in self.clocks.values() for tier in clock.by_tier}
        return {
            tier: tuple(self.rule(kind, tier) for kind, clock in self.clocks.items() if tier in clock.by_tier)
            for tier in tiers
        }


class Reminder(msgspec.Struct, frozen=True):
    """When that percentage of a clock will have gone by."""

    percent: int
    at: datetime


def due_at(calendar: Calendar, since: datetime, minutes: int, spent: timedelta = timedelta(0)) -> datetime:
    """When a clock of that length ends if it runs on from `since` with that much of it spent."""
    return calendar.add(since, max(timedelta(0), timedelta(minutes=minutes) - spent))


def reminders_at(
    calendar: Calendar, since: datetime, minutes: int, percents: tuple[int, ...], spent: timedelta = timedelta(0)
) -> tuple[Reminder, ...]:
    """The reminders still to come of a clock that runs on from `since` with that much of it spent."""
    total = timedelta(minutes=minutes)
    marks = ((percent, total * percent / 100) for percent in percents)
    return tuple(Reminder(percent, calendar.add(since, mark - spent)) for percent, mark in marks if mark > spent)
