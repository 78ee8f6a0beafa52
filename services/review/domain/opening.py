"""How a review begins, whose request it is meanwhile, and how it ends undecided."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeGuard

from services.review.domain import running
from services.review.domain.case import Case, Decided, InReview, State, Undecided, Unopened
from services.review.domain.circumstances import Circumstances
from services.review.domain.clock import GATHERING, SUBMITTER
from services.review.domain.commands import FollowPeople, Open, Withdraw
from shared.events.intake import TierConfirmed
from shared.events.review import ResponsibilityChanged, ReviewFact, ReviewOpened, ReviewWithdrawn


def open_review(state: State, command: Open, at: Circumstances) -> Sequence[ReviewFact]:
    """The review that a confirmed tier calls for; a prohibited use calls for none, and none is opened twice."""
    confirmed = command.confirmed
    if not isinstance(state, Unopened) or confirmed.prohibited or not confirmed.opens_review:
        return []
    opened = opened_by(command.review_id, confirmed, command.confirmed_at)
    return [opened, running.begin(Case(opened=opened), GATHERING, SUBMITTER, at)]


def follow_people(state: State, command: FollowPeople, at: Circumstances) -> Sequence[ReviewFact]:
    """The product's side as intake knows it now; what those who joined it had ruled has to be ruled again.

    What intake recorded before what is known already (records may come again) changes nothing.
    """
    if not _open_to_rulings(state) or not _is_news(state.case, command.as_of):
        return []
    case = state.case
    joined = (command.people | {command.owner}) - case.own_side
    if command.owner == case.owner and not joined:
        return []
    changed = ResponsibilityChanged(
        review_id=case.review_id, owner=command.owner, joined=tuple(sorted(joined)), as_of=command.as_of
    )
    if not isinstance(state, InReview):
        return [changed]
    return [changed, *running.set_going(running.after(case, [changed]), at)]


def follow_joining(state: State, at: Circumstances) -> Sequence[ReviewFact]:
    """Ids were joined: the clocks of what counts no more run again."""
    return running.set_going(state.case, at) if isinstance(state, InReview) else []


def withdraw(state: State, command: Withdraw, at: Circumstances) -> Sequence[ReviewFact]:
    """The end of an undecided review; one that is over, or never was, stays as it is."""
    if not isinstance(state, Undecided):
        return []
    opened = state.case.opened
    withdrawn = ReviewWithdrawn(review_id=opened.review_id, system_id=opened.system_id, reason=command.reason)
    return [*running.end(state.case, at), withdrawn]


def _open_to_rulings(state: State) -> TypeGuard[Undecided | Decided]:
    """Whether somebody may still rule: it is undecided, or conditions of its approval are to be confirmed."""
    return isinstance(state, Undecided) or (
        isinstance(state, Decided) and state.case.conditions.keys() > state.case.met.keys()
    )


def _is_news(case: Case, as_of: datetime) -> bool:
    known = case.opened.confirmed_at if case.responsible is None else case.responsible.as_of
    return known is None or as_of >= known


def opened_by(review_id: str, confirmed: TierConfirmed, confirmed_at: datetime) -> ReviewOpened:
    """The opening of the review that a tier calls for, confirmed at that instant of intake's clock."""
    return ReviewOpened(
        review_id=review_id,
        system_id=confirmed.system_id,
        intake_id=confirmed.intake_id,
        round=confirmed.round,
        name=confirmed.name,
        tier=confirmed.tier,
        high_risk=confirmed.high_risk,
        disciplines=confirmed.disciplines,
        evidence=confirmed.evidence,
        clocks=confirmed.clocks,
        policy_version=confirmed.policy_version,
        policy_digest=confirmed.policy_digest,
        region=confirmed.region,
        owner=confirmed.owner,
        requester=confirmed.requester,
        submitted_at=confirmed.submitted_at,
        business_unit=confirmed.business_unit,
        product_area=confirmed.product_area,
        material_change=confirmed.material_change,
        confirmed_at=confirmed_at,
    )
