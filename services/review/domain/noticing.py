"""What the clocks have to say by now: reminders, breaches, and the steps of an escalation."""

from collections.abc import Sequence
from datetime import datetime

from services.review.domain import clocks, escalation, running
from services.review.domain.case import Case, InReview, State, Undecided
from services.review.domain.circumstances import Circumstances
from services.review.domain.clock import Clock
from shared.events.review import ClockReminded, ReviewFact


def next_instant(state: State) -> datetime | None:
    """When a clock next has something to say; None where none ever will, unless somebody acts."""
    if not isinstance(state, Undecided):
        return None
    instants = [clock.next_instant() for clock in state.case.clocks.values()]
    return min((one for one in instants if one is not None), default=None)


def notice(state: State, at: Circumstances) -> Sequence[ReviewFact]:
    """All that is due by now, each once; a review that is over has nothing to say."""
    if not isinstance(state, Undecided):
        return []
    case, facts = state.case, list[ReviewFact]()
    for name in sorted(case.clocks):
        said = _said(case, case.clocks[name], at)
        facts += said
        case = running.after(case, said)
    # A new policy makes verdicts lapse without any fact: the clocks of those who rule again start here.
    return [*facts, *running.set_going(case, at)] if isinstance(state, InReview) else facts


def _said(case: Case, clock: Clock, at: Circumstances) -> Sequence[ReviewFact]:
    due = clock.next_instant()
    if due is None or due > at.now:
        return []
    if clock.breached:
        return escalation.step(case, clock, at)
    if clock.due_at <= at.now:
        breach = clocks.breach(case.review_id, clock, at.now)
        return [breach, *escalation.step(case, clock, at)]
    # After an outage two reminders may be due: the later one says it all.
    percent = max(one.percent for one in clock.pending() if one.at <= at.now)
    return [
        ClockReminded(
            review_id=case.review_id,
            clock=clock.name,
            percent=percent,
            due_at=clock.due_at,
            addressee=told.addressee,
        )
        for told in escalation.holders_of(case, clock, at)
    ]
