"""Reviews as they stand, from the facts of review."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict, replace

from services.reporting import tables
from services.reporting.consumer.folding import Folded
from services.reporting.consumer.heard import Heard
from services.reporting.consumer.rows import Key
from services.reporting.domain.histories import ReviewHistory, of_review
from services.reporting.domain.settled import settled_review
from shared.events import review
from shared.events.fact import Fact


class ReviewRow(Struct, frozen=True, kw_only=True):
    """A review. `state`: gathering, in_review, changes_requested, withdrawn, or how it was decided."""

    review_id: str
    history: ReviewHistory
    system_id: str | None = None
    name: str | None = None
    round: int = 0
    tier: str | None = None
    high_risk: bool = False
    owner: str | None = None
    requester: str | None = None
    business_unit: str | None = None
    product_area: str | None = None
    state: str = "gathering"
    opened_at: datetime | None = None
    submitted_at: datetime | None = None
    complete: int | None = None
    required: int | None = None
    decided_at: datetime | None = None
    withdrawn_at: datetime | None = None
    scored_at: datetime | None = None
    ended_at: datetime | None = None
    within: bool | None = None
    gross_microseconds: int | None = None
    submitter_seconds: int | None = None


def _keys(heard: Heard) -> Iterable[Key]:
    named = getattr(heard.fact, "review_id", None)
    return [(named,)] if heard.service == "review" and named is not None else []


def _fold(row: ReviewRow, heard: Heard) -> ReviewRow:
    row, past = _moved(row, heard.fact, heard), row.history
    history = of_review(past, heard.fact, heard.mark)
    return row if history is past else replace(row, history=history)


def _settle(row: ReviewRow) -> ReviewRow:
    return replace(row, **asdict(settled_review(row.history)))


def _moved(row: ReviewRow, fact: Fact, heard: Heard) -> ReviewRow:
    match fact:
        case review.ReviewOpened():
            return replace(
                row,
                system_id=fact.system_id,
                name=fact.name,
                round=fact.round,
                tier=fact.tier,
                high_risk=fact.high_risk,
                owner=fact.owner,
                requester=fact.requester,
                business_unit=fact.business_unit,
                product_area=fact.product_area,
                opened_at=heard.envelope.time,
            )
        case review.EvidenceSubmitted():
            return replace(row, state="in_review", submitted_at=row.submitted_at or heard.envelope.time)
        case review.CompletenessScored() if row.required is None:
            return replace(row, complete=fact.complete, required=fact.required)
        case review.SignedOff(verdict="request_changes"):
            return replace(row, state="changes_requested")
        case review.ChangesAnswered():
            return replace(row, state="in_review")
        case review.DecisionRecorded():
            return replace(row, state=fact.outcome, decided_at=fact.decided_at)
        case review.ReviewWithdrawn():
            return replace(row, state="withdrawn")
        case _:
            return row


REVIEWS = Folded(
    tables.review,
    ReviewRow,
    _keys,
    lambda key: ReviewRow(review_id=str(key[0]), history=ReviewHistory(str(key[0]))),
    _fold,
    ReviewHistory,
    _settle,
)
