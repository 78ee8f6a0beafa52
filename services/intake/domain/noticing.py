"""What the clock of a round has to say by now: reminders, the breach, and the steps of its escalation."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.domain.commands import NoticeClock
from services.intake.domain.dated import Dated, Decided
from services.intake.domain.proposing import by_the_bundle, confirmed
from services.intake.domain.rules import ANSWER, TRIAGE, Rules, addressed
from services.intake.domain.state import Active, Asked, Clock, Retired, State, Waiting
from shared.events.intake import TriageBreached, TriageEscalated, TriageReminded

TRIAGERS = "role:triager"

_Step = tuple[str, str, int]


def notice(state: State, command: NoticeClock, rules: Rules) -> Sequence[Decided]:
    """What has fallen due by now: a confirmation that waited, the latest reminder, the breach, or its next step.

    A clock that is settled, or of a round gone by, has nothing to say.
    """
    if not isinstance(state, Active) or not isinstance(state.intake, Waiting | Asked):
        return []
    present = state.intake
    if present.submission.intake_id != command.intake_id or present.clock is None:
        return []
    if present.clock.starts_at > command.now:
        return []
    if isinstance(present, Waiting) and _for_the_bundle(state, present):
        ruling = by_the_bundle(present.proposal)
        return [confirmed(state.system_id, state.profile, present.submission, present.proposal, ruling)]
    return _fallen_due(state, present, present.clock, command.now, rules)


def in_triage(state: State, intake_id: str) -> bool:
    """Whether that round still waits for a ruling or for answers, or would if its retired system went live again."""
    system = state.was if isinstance(state, Retired) else state
    return (
        isinstance(system, Active)
        and isinstance(system.intake, Waiting | Asked)
        and system.intake.submission.intake_id == intake_id
    )


def next_instant(state: State, intake_id: str) -> datetime | None:
    """When that round's clock has something to say next; None while only people can move it."""
    if not isinstance(state, Active) or not isinstance(state.intake, Waiting | Asked):
        return None
    clock = state.intake.clock
    if not in_triage(state, intake_id) or clock is None:
        return None
    if clock.breached:
        return clock.next_step_at
    if isinstance(state.intake, Waiting) and _for_the_bundle(state, state.intake):
        return clock.starts_at
    pending = [at for percent, at in clock.reminders if percent not in clock.reminded]
    return min((*pending, clock.due_at))


def _for_the_bundle(system: Active, present: Waiting) -> bool:
    """Whether the bundle confirms when the clock starts: had it not been for a later day, it had done so at once."""
    return present.proposal.assessment.confirmable and system.confirmed_tier is None


def _fallen_due(
    system: Active, present: Waiting | Asked, clock: Clock, now: datetime, rules: Rules
) -> Sequence[Decided]:
    if clock.breached:
        return _step(system, present, clock, now, rules)
    if now >= clock.due_at:
        return [Dated(_breach(system, present, clock, now, rules), clock.due_at)]
    due = [(percent, at) for percent, at in clock.reminders if at <= now and percent not in clock.reminded]
    if not due:
        return []
    percent, at = max(due)
    reminded = TriageReminded(
        system_id=system.system_id,
        intake_id=present.submission.intake_id,
        round=present.submission.round,
        percent=percent,
        due_at=clock.due_at,
        addressee=TRIAGERS if isinstance(present, Waiting) else system.profile.requester,
        clock=_name(present),
    )
    return [Dated(reminded, at)]


def _breach(system: Active, present: Waiting | Asked, clock: Clock, now: datetime, rules: Rules) -> TriageBreached:
    chain = _chain(system, present, rules)
    return TriageBreached(
        system_id=system.system_id,
        intake_id=present.submission.intake_id,
        round=present.submission.round,
        due_at=clock.due_at,
        noticed_at=now,
        addressee=chain[0][1],
        clock=_name(present),
        told=rules.breach_told,
        next_at=_later(system, clock, chain, 1, rules),
    )


def _step(system: Active, present: Waiting | Asked, clock: Clock, now: datetime, rules: Rules) -> Sequence[Decided]:
    """The next step, once it is due; none where today's policy has a shorter chain than the day's."""
    chain = _chain(system, present, rules)
    if clock.next_step_at is None or now < clock.next_step_at or clock.step >= len(chain):
        return []
    role, addressee, _ = chain[clock.step]
    escalated = TriageEscalated(
        system_id=system.system_id,
        intake_id=present.submission.intake_id,
        round=present.submission.round,
        clock=_name(present),
        due_at=clock.due_at,
        step=clock.step + 1,
        role=role,
        addressee=addressee,
        told=rules.breach_told,
        next_at=_later(system, clock, chain, clock.step + 1, rules),
    )
    return [Dated(escalated, clock.next_step_at)]


def _chain(system: Active, present: Waiting | Asked, rules: Rules) -> Sequence[_Step]:
    """Each step's role, whom it tells, and after how many business days; an answer's first step is the owner."""
    above = [(role, addressed(role), days) for role, days in rules.chain()]
    return above if isinstance(present, Waiting) else [("owner", system.profile.owner, 0), *above]


def _later(system: Active, clock: Clock, chain: Sequence[_Step], step: int, rules: Rules) -> datetime | None:
    return rules.days_later(system.profile.region, clock.due_at, chain[step][2]) if step < len(chain) else None


def _name(present: Waiting | Asked) -> str:
    return TRIAGE if isinstance(present, Waiting) else ANSWER
