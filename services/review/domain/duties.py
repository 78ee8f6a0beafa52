"""Segregation of duties: who may not rule on a review or an override, whatever office they hold."""

from services.review.domain.authority import LEAD, REVIEWER
from services.review.domain.case import Case
from services.review.domain.circumstances import Actor, Circumstances
from services.review.domain.matter import Matter
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
    """The right by which the actor rules in a review, or the refusal to record; see `entitled`."""
    right = entitled(case, actor, roles, slot, at)
    if isinstance(right, Acting):
        return right
    return ApprovalRefused(review_id=case.review_id, by=actor.person, attempted=attempted, reason=right)


def entitled(matter: Matter, actor: Actor, roles: tuple[str, ...], slot: str | None, at: Circumstances) -> Acting | str:
    """The right by which the actor rules here, or the words in which it is denied, to be recorded.

    `slot` is the place in the matter that the ruling would take (one per person); None takes none.
    Raises `Refused("forbidden")` for somebody who never held any of the offices.
    """
    reason = conflict(matter, actor, slot, at)
    right = at.authority.acting(actor.person, actor.on_behalf_of, roles, at.now, matter.scopes)
    if reason is None and right is not None:
        return right
    if reason is None and not at.authority.ever_held(actor.person, roles):
        raise Refused("forbidden", f"this needs an appointment: {' or '.join(roles)}")
    return reason or "the office that would give the right is not in force"


def conflict(matter: Matter, actor: Actor, slot: str | None, at: Circumstances) -> str | None:
    """Why the actor may not rule on this matter, in words; None if nothing stands against it."""
    involved, ours = matter.identities.everybody(actor.involved), matter.own_side
    if actor.administrator:
        return "administrators run the installation and decide nothing"
    if involved & ours:
        return "nobody rules on their own request: the system's requester, owner and submitters are one side"
    if involved & at.authority.delegates(ours, at.now):
        return "a delegate of the system's requester or owner rules on nothing of theirs"
    if involved & matter.identities.everybody(matter.recused):
        return "who stepped back from a review does not return to it"
    if slot is not None and any(matter.places_of(person) - {slot} for person in involved):
        return "one person fills one place in a review"
    return None


def never_alone(matter: Matter, at: Circumstances) -> frozenset[PersonId]:
    """Those who hold an office that never approves a launch alone, under whichever of their ids."""
    held = at.authority.holders(at.rules.matrix.never_alone, at.now, matter.scopes)
    return matter.identities.everybody(one.person for one in held)


def fresh(case: Case, evidence_digest: str, policy_digest: str, at: Circumstances) -> None:
    """Pass if what was read is what lies on the table; raises `Refused("stale-decision")` (DESIGN 16)."""
    if evidence_digest != case.evidence_digest:
        raise Refused("stale-decision", "the evidence changed since it was read")
    if policy_digest != at.rules.digest:
        raise Refused("stale-decision", "the policy changed since it was read")
