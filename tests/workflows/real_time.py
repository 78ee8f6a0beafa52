"""Reviews whose clocks run out soon, by the real time: for tests on a Temporal that does not skip any."""

from datetime import UTC, datetime, timedelta

from services.review.activities import ReviewHands
from services.review.domain.rules import rules_of
from services.review.handlers.consuming import Clockwork
from services.review.handlers.reviews import Reviews
from shared.events.intake import ClockTerms
from tests.services.review.world import TestClock, World

TERM = timedelta(days=10)
SILENT = tuple(
    ClockTerms(clock=name, minutes=int(TERM.total_seconds() // 60), basis="elapsed", reminders=())
    for name in ("gathering", "review", "signoff", "answer")
)
"""Clocks of ten elapsed days that say nothing before they run out."""


class RealClock(TestClock):
    """The machine's time, or an earlier one: what is recorded `behind` runs out that much sooner. Never goes back."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC) - 2 * TERM)
        self.behind = timedelta(0)

    def __call__(self) -> datetime:
        self.now = max(self.now, datetime.now(UTC) - self.behind)
        return self.now

    def due(self, instant: datetime) -> None:
        """What is opened from now on runs out at about that instant."""
        self.behind = TERM - (instant - datetime.now(UTC))


def real_hands(review: World) -> ReviewHands:
    """The hands as the role worker has them, over the store of a running review."""
    return ReviewHands(Clockwork(Reviews(store=review.store, rules=rules_of(review.parts.bundle))))
