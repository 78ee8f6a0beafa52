"""Conditions of an approval: fulfilled when somebody else than their owner says so."""

from collections.abc import Sequence

from services.review.domain import duties
from services.review.domain.case import Decided, State, opened_case
from services.review.domain.circumstances import Circumstances
from services.review.domain.commands import MeetCondition
from shared.events.review import ApprovalRefused, ConditionMet, ReviewFact
from shared.refusals import Refused


def meet(state: State, command: MeetCondition, at: Circumstances) -> Sequence[ReviewFact]:
    """A condition is fulfilled; whoever set it says so: the discipline, or a member of the board."""
    case = opened_case(state)
    condition = case.conditions.get(command.condition_id)
    if condition is None:
        raise Refused("not-found", "there is no such condition")
    if not isinstance(state, Decided) or command.condition_id in case.met:
        raise Refused("wrong-state", "the condition was met already")
    kind, _, discipline = condition.imposed_by.partition(":")
    roles = duties.office_of(discipline) if kind == "discipline" else at.rules.matrix.board
    attempted = f"confirming the condition {command.condition_id}"
    right = duties.claim(case, command.actor, roles, None, attempted, at)
    if isinstance(right, ApprovalRefused):
        return [right]
    if case.identities.of(condition.owner) & command.actor.involved:
        own = "nobody confirms a condition that is theirs to meet"
        return [ApprovalRefused(review_id=case.review_id, by=command.actor.person, attempted=attempted, reason=own)]
    met = ConditionMet(
        review_id=case.review_id,
        condition_id=command.condition_id,
        by=command.actor.person,
        evidence_digest=command.evidence_digest,
    )
    return [met]
