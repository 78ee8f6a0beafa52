"""What a history comes to once all of it has happened: for any later date, the KPIs need no more of it than this.

A system's history changes only what is asked about before its last fact; of a review each number stands with one fact.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

from services.reporting.domain.cases import Book, Question
from services.reporting.domain.coverage import coverage
from services.reporting.domain.cut import Cut, Mark
from services.reporting.domain.histories import ReviewHistory, SystemHistory

_AFTER_ALL: Final = Question(Cut(datetime.max.replace(tzinfo=UTC)))
_MICROSECOND: Final = timedelta(microseconds=1)


class SettledSystem(Struct, frozen=True):
    """A system after its last fact, at `settled_at`: whether coverage counts it, and as what.

    `settled_at` is absent where its case hangs on others: a discovered system is counted once, as one or the other.
    `sent_back` is whether triage ever waited for the submitter's answers, `ever_taken_back` whether the intake was ever
    withdrawn: a discovery that the system answers may then count again.
    """

    settled_at: datetime | None
    counted: bool
    counted_tier: str | None
    counted_area: str | None
    covered: bool
    ever_high_risk: bool
    sent_back: bool
    ever_taken_back: bool


class SettledReview(Struct, frozen=True):
    """What a review's facts have fixed, each with when: its withdrawal, its score, its decision.

    `gross_microseconds` is from intake to decision, `submitter_seconds` of them were the submitter's.
    """

    withdrawn_at: datetime | None
    scored_at: datetime | None
    ended_at: datetime | None
    within: bool | None
    gross_microseconds: int | None
    submitter_seconds: int | None


def settled_system(history: SystemHistory) -> SettledSystem:
    """The system as it is from its last fact on."""
    case = next(coverage(Book([history], [], []), _AFTER_ALL), None)
    last = max((mark.time for mark in _marks(history)), default=None)
    return SettledSystem(
        settled_at=last if history.discovery_id is None else None,
        counted=case is not None,
        counted_tier=case.tier if case else None,
        counted_area=case.product_area if case else None,
        covered=case is not None and case.numerator > 0,
        ever_high_risk=any(tier.guarded for tier in history.tiers),
        sent_back=bool(history.sent),
        ever_taken_back=any(turn.what == "withdrawn" for turn in history.turns),
    )


def settled_review(history: ReviewHistory) -> SettledReview:
    """What stands of the review."""
    decided = history.decided
    return SettledReview(
        withdrawn_at=history.withdrawn.time if history.withdrawn else None,
        scored_at=history.scores[0].at.time if history.scores else None,
        ended_at=decided.at.time if decided else None,
        within=decided.within if decided else None,
        gross_microseconds=(decided.decided_at - decided.submitted_at) // _MICROSECOND if decided else None,
        submitter_seconds=decided.submitter_seconds if decided else None,
    )


def _marks(history: SystemHistory) -> Iterator[Mark]:
    for steps in (history.turns, history.places, history.tiers, history.launches):
        for step in steps:
            yield step.at
