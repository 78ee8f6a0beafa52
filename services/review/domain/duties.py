"""Segregation of duties: who may not rule on this review, whatever office they hold."""

from services.review.domain.authority import LEAD, REVIEWER, scopes_of
from services.review.domain.case import Case
from services.review.domain.circumstances import Actor, Circumstances
from shared.events.fact import PersonId
from shared.events.review import ApprovalRefused
from shared.policy.offices import Acting
from shared.refusals import Refused


def office_of(discipline: str) -> tuple[str, str]:
    """The offices that speak for a discipline."""
    return (f"{REVIEWER}{discipline}", f"{LEAD}{discipline}")


def claim(
    case: Case, actor: Actor, roles: tuple[str, ...], slot: str | None, attempted: str, at: Circumstances
) -> Acting | ApprovalRefused:
    """The right by which the actor rules here, or the refusal to record.

    `slot` is the place in the review that the ruling would take (one per person); None takes none.
    Raises `Refused("forbidden")` for somebody who never held any of the offices.
    """
    reason = conflict(case, actor, slot, at)
    right = at.authority.acting(actor.person, actor.on_behalf_of, roles, at.now, scopes(case))
    if reason is None and right is not None:
        return right
    if reason is None and not at.authority.ever_held(actor.person, roles):
        raise Refused("forbidden", f"this needs an appointment: {' or '.join(roles)}")
    return ApprovalRefused(
        review_id=case.review_id,
        by=actor.person,
        attempted=attempted,
        reason=reason or "the office that would give the right is not in force",
    )


def conflict(case: Case, actor: Actor, slot: str | None, at: Circumstances) -> str | None:
    """Why the actor may not rule on this review, in words; None if nothing stands against it."""
    involved, ours = case.identities.everybody(actor.involved), case.own_side
    if actor.administrator:
        return "administrators run the installation and decide nothing"
    if involved & ours:
        return "nobody rules on their own request: the system's requester, owner and submitters are one side"
    if involved & at.authority.delegates(ours, at.now):
        return "a delegate of the system's requester or owner rules on nothing of theirs"
    if involved & case.identities.everybody(case.recused):
        return "who stepped back from a review does not return to it"
    if slot is not None and any(case.places_of(person) - {slot} for person in involved):
        return "one person fills one place in a review"
    return None


def never_alone(case: Case, at: Circumstances) -> frozenset[PersonId]:
    """Those who hold an office that never approves a launch alone, under whichever of their ids."""
    held = at.authority.holders(at.rules.matrix.never_alone, at.now, scopes(case))
    return case.identities.everybody(one.person for one in held)


def scopes(case: Case) -> tuple[str, ...]:
    """The scopes of offices that reach the review's system."""
    return scopes_of(case.opened.system_id, case.opened.business_unit, case.opened.product_area)


def fresh(case: Case, evidence_digest: str, policy_digest: str, at: Circumstances) -> None:
    """Pass if what was read is what lies on the table; raises `Refused("stale-decision")` (DESIGN 16)."""
    if evidence_digest != case.evidence_digest:
        raise Refused("stale-decision", "the evidence changed since it was read")
    if policy_digest != at.rules.digest:
        raise Refused("stale-decision", "the policy changed since it was read")
