"""What went live, and what lets a system do so."""

from dataclasses import dataclass
from datetime import datetime

from shared.events.intake import ApprovalNoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A version that went live."""

    version: str
    launched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """How a review of one round ended."""

    review_id: str
    round: int
    outcome: str
    decided_at: datetime
    expires_at: datetime | None

    def holds(self, round: int, at: datetime) -> bool:  # noqa: A002 - the word of the domain
        """Whether it lets the system of that round go live at that instant."""
        return (
            self.round == round
            and self.outcome in ("approved", "approved_with_conditions")
            and self.decided_at <= at
            and (self.expires_at is None or at < self.expires_at)
        )


def approval_of(fact: ApprovalNoted) -> Approval:
    """The approval that the fact records."""
    return Approval(
        review_id=fact.review_id,
        round=fact.round,
        outcome=fact.outcome,
        decided_at=fact.decided_at,
        expires_at=fact.expires_at,
    )
