"""Reviews whose clocks run out soon, by the real time: for tests on a Temporal that does not skip any."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from services.review.activities import ReviewHands
from services.review.domain.rules import rules_of
from services.review.handlers.consuming import Clockwork
from services.review.handlers.reviews import Reviews
from shared.events.intake import ClockTerms, TierConfirmed
from shared.store.port import Append, Context, NewEvent, StreamAppend
from tests.domain.review.world import confirmed
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


async def confirm_many(review: World, clock: RealClock, systems: range, *, due: datetime | None = None) -> None:
    """As many tiers confirmed side by side, and the reviews of them opened; their clocks run out at about `due`. It is
    for the caller to set the clock right again."""
    if due is not None:
        clock.due(due)
    people = {"requester": await review.person("rita"), "owner": await review.person("omar")}

    async def tell(number: int) -> None:
        system = f"{number:08x}-0000-4000-8000-000000000000"
        fact: TierConfirmed = confirmed("medium", system_id=system, clocks=SILENT, **people)
        event = NewEvent(id=str(uuid4()), fact=fact, time=clock())
        stream = StreamAppend(stream=f"system/{system}", partitionkey=system, expected=-1, events=[event])
        context = Context(authtype="system", authid="gatehouse/intake/test", correlationid=str(uuid4()))
        await review.intake.append(Append(streams=[stream], context=context))

    await asyncio.gather(*(tell(number) for number in systems))
    await review.settled()


def real_hands(review: World) -> ReviewHands:
    """The hands as the role worker has them, over the store of a running review."""
    return ReviewHands(Clockwork(Reviews(store=review.store, rules=rules_of(review.parts.bundle))))
