"""How a review begins, and how it ends undecided."""

from collections.abc import Sequence

from services.review.domain import running
from services.review.domain.case import Case, State, Undecided, Unopened
from services.review.domain.circumstances import Circumstances
from services.review.domain.clock import GATHERING, SUBMITTER
from services.review.domain.commands import Open, Withdraw
from shared.events.intake import TierConfirmed
from shared.events.review import ReviewFact, ReviewOpened, ReviewWithdrawn


def open_review(state: State, command: Open, at: Circumstances) -> Sequence[ReviewFact]:
    """The review that a confirmed tier calls for; a prohibited use calls for none, and none is opened twice."""
    confirmed = command.confirmed
    if not isinstance(state, Unopened) or confirmed.prohibited or not confirmed.opens_review:
        return []
    opened = _opened(command.review_id, confirmed)
    return [opened, running.begin(Case(opened=opened), GATHERING, SUBMITTER, at)]


def withdraw(state: State, command: Withdraw, at: Circumstances) -> Sequence[ReviewFact]:
    """The end of an undecided review; one that is over, or never was, stays as it is."""
    if not isinstance(state, Undecided):
        return []
    opened = state.case.opened
    withdrawn = ReviewWithdrawn(review_id=opened.review_id, system_id=opened.system_id, reason=command.reason)
    return [*running.end(state.case, at), withdrawn]


def _opened(review_id: str, confirmed: TierConfirmed) -> ReviewOpened:
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
    )
