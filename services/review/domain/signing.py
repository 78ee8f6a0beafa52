"""The disciplines: who is asked, their verdicts, stepping back, and what follows when all have ruled."""

from collections.abc import Sequence
from typing import Final

from services.review.domain import decision, duties, escalation, running
from services.review.domain.authority import PROGRAMME_MANAGER
from services.review.domain.case import STANDING, Case, InReview, State, case_in_review, undecided_case
from services.review.domain.circumstances import Circumstances
from services.review.domain.clock import SIGNOFF
from services.review.domain.commands import Assign, Recuse, SignOff
from services.review.domain.matter import rulers
from shared.events.review import ApprovalRefused, DisciplineAssigned, RecusalDeclared, ReviewFact, SignedOff
from shared.policy.offices import Acting
from shared.refusals import Refused

VERDICTS: Final = STANDING | {"request_changes"}
APPROVING: Final = frozenset({"approve", "approve_with_conditions"})


def assign(state: State, command: Assign, at: Circumstances) -> Sequence[ReviewFact]:
    """A discipline's sign-off goes into a reviewer's hands; its lead or the programme manager says whose."""
    case = undecided_case(state)
    _required(case, command.discipline)
    actor, scopes = command.actor, case.scopes
    lead = duties.office_of(command.discipline)[1]
    if at.authority.acting(actor.person, actor.on_behalf_of, [lead, PROGRAMME_MANAGER], at.now, scopes) is None:
        raise Refused("forbidden", "a discipline's lead or the programme manager assigns its reviewers")
    if at.authority.acting(command.reviewer, None, duties.office_of(command.discipline), at.now, scopes) is None:
        raise Refused("invalid-field", "that person holds no office of this discipline")
    if command.reviewer in case.stood_aside:
        raise Refused("segregation-of-duties", "that person can't rule on this review")
    assigned = DisciplineAssigned(
        review_id=case.review_id, discipline=command.discipline, reviewer=command.reviewer, by=actor.person
    )
    return [assigned]


def sign_off(state: State, command: SignOff, at: Circumstances) -> Sequence[ReviewFact]:
    """A discipline's verdict and all that follows from it, in one go."""
    case = case_in_review(state)
    _required(case, command.discipline)
    _well_formed(command, at)
    attempted = f"sign-off of {command.discipline}: {command.verdict}"
    slot = f"signoff:{command.discipline}"
    right = duties.claim(case, command.actor, duties.office_of(command.discipline), slot, attempted, at)
    if isinstance(right, ApprovalRefused):
        return [right]
    duties.fresh(case, command.evidence_digest, command.policy_digest, at)
    signed = _signed(case, command, right)
    if command.verdict == "request_changes":
        reason = f"{command.discipline} asked for changes"
        return [signed, *running.stand_still(case, reason, at)]
    facts: list[ReviewFact] = [signed, *running.end(case, at, f"{SIGNOFF}:{command.discipline}")]
    return [*facts, *_consequences(running.after(case, facts), command, at)]


def recuse(state: State, command: Recuse, at: Circumstances) -> Sequence[ReviewFact]:
    """Somebody steps back: what they ruled no longer counts, and their discipline's clock runs again."""
    case = undecided_case(state)
    if command.actor.person in case.recused:
        raise Refused("wrong-state", "that person stepped back already")
    recused = RecusalDeclared(
        review_id=case.review_id, by=command.actor.person, capacity=command.capacity, reason=command.reason
    )
    if not isinstance(state, InReview):
        return [recused]
    return [recused, *running.set_going(running.after(case, [recused]), at)]


def _consequences(case: Case, command: SignOff, at: Circumstances) -> Sequence[ReviewFact]:
    sent: Sequence[ReviewFact] = []
    if command.verdict == "reject" and not case.for_board:
        sent = escalation.to_board(case, f"{command.discipline} rejected it", at)
    elif not case.outstanding(at.rules.digest) and not case.for_board and _nobody_else(case, at):
        sent = escalation.to_board(case, "nobody but a programme manager approved it", at)
    case = running.after(case, sent)
    if case.outstanding(at.rules.digest) or case.for_board:
        return [*sent, *running.pass_on(case, at)]
    return [*sent, *decision.record(case, _agreed(case, at), at)]


def _agreed(case: Case, at: Circumstances) -> decision.Ruling:
    proposed = decision.conditions_of_disciplines(case, at)
    return decision.Ruling(
        outcome="approved_with_conditions" if proposed else "approved",
        authority="disciplines",
        rationale="all required disciplines approved",
        options=("approve", "send to the board"),
        accountable_owner=case.owner,
        recorded_by=None,
        proposed=proposed,
    )


def _nobody_else(case: Case, at: Circumstances) -> bool:
    """Whether each approval is of somebody whose office never approves a launch alone, whatever else they hold: given
    by them, in their name, or by their hand."""
    lonely = duties.never_alone(case, at)
    approvals = (one for one in case.standing(at.rules.digest).values() if one.verdict in APPROVING)
    return all(rulers(one) & lonely for one in approvals)


def _signed(case: Case, command: SignOff, right: Acting) -> SignedOff:
    return SignedOff(
        review_id=case.review_id,
        discipline=command.discipline,
        verdict=command.verdict,
        by=command.actor.person,
        reason=command.reason,
        evidence_digest=command.evidence_digest,
        policy_digest=command.policy_digest,
        on_behalf_of=right.on_behalf_of,
        appointment_id=right.appointment.id,
        conditions=tuple(command.conditions),
        hand=command.actor.hand,
    )


def _required(case: Case, discipline: str) -> None:
    if discipline not in case.opened.disciplines:
        raise Refused("invalid-field", f"{discipline} is not a discipline of this review")


def _well_formed(command: SignOff, at: Circumstances) -> None:
    if command.verdict not in VERDICTS:
        raise Refused("invalid-field", f"{command.verdict} is not a verdict")
    if (command.verdict == "approve_with_conditions") != bool(command.conditions):
        raise Refused("invalid-field", "conditions go with approve_with_conditions, and it with them")
    if command.verdict != "approve" and not command.reason.strip():
        raise Refused("invalid-field", f"{command.verdict} needs a reason")
    if any(condition.due_on < at.now.date() for condition in command.conditions):
        raise Refused("invalid-time", "a condition is due today or later")
