"""How the clocks of a round move on, fact by fact."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.intake.domain.rules import TRIAGE
from services.intake.domain.state import Asked, Clock, Intake, Waiting
from shared.events.intake import ClockTerms, TierProposed, TriageBreached, TriageEscalated, TriageReminded


def triage_clock(intake: Intake, fact: TierProposed, at: datetime) -> Clock | None:
    """The clock of a proposal: a new one, or the one before it that goes on; None where it has none."""
    if fact.triage_due_at is None:
        return None
    known = _running(intake) if fact.triage_starts_at is None else None
    return Clock(
        starts_at=fact.triage_starts_at or (known.starts_at if known is not None else at),
        due_at=fact.triage_due_at,
        reminders=with_percents(fact.clocks, TRIAGE, fact.triage_reminders),
        # a clock that goes on has said what it said; one that ran out stays so
        reminded=known.reminded if known is not None else frozenset(),
        breached=known.breached if known is not None else False,
        step=known.step if known is not None else 0,
        next_step_at=known.next_step_at if known is not None else None,
    )


def with_percents(
    clocks: Sequence[ClockTerms], name: str, instants: Sequence[datetime]
) -> tuple[tuple[int, datetime], ...]:
    """The instants of a clock's last reminders, each with its percentage: earlier ones were over when it went on."""
    percents = next((terms.reminders for terms in clocks if terms.clock == name), ())
    return tuple(zip(percents[len(percents) - len(instants) :], instants, strict=True))


def _running(intake: Intake) -> Clock | None:
    match intake:
        case Waiting():
            return intake.clock
        case Asked():
            return intake.triage_clock
        case _:
            return None


def told(intake: Intake, fact: TriageReminded | TriageBreached | TriageEscalated) -> Intake:
    """The round once its clock has said so; one without a clock stays as it is."""
    if not isinstance(intake, Waiting | Asked) or intake.clock is None:
        return intake
    clock = intake.clock
    match fact:
        case TriageReminded():
            return replace(intake, clock=replace(clock, reminded=clock.reminded | {fact.percent}))
        case TriageBreached():
            return replace(intake, clock=replace(clock, breached=True, step=1, next_step_at=fact.next_at))
        case TriageEscalated():
            return replace(intake, clock=replace(clock, step=fact.step, next_step_at=fact.next_at))
