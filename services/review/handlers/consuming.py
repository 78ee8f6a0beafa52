"""What review does by itself: opening and withdrawing because of facts of intake, and noticing time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from services.review.domain.appointing import Join
from services.review.domain.case import Decided as DecidedReview
from services.review.domain.case import Unopened, Withdrawn
from services.review.domain.commands import FollowJoining, FollowPeople, NoticeTime, Open, Withdraw
from services.review.domain.noticing import next_instant
from services.review.handlers.offices import Offices
from services.review.handlers.reviews import Reviews
from shared.events.envelope import stamp
from shared.events.intake import TierConfirmed
from shared.runtime.idempotency import derived_key
from shared.store.port import Context, Key

CONSUMER = "gatehouse/review/consumer"
CLOCK = "gatehouse/review/clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """The event that something is done for: its id is the key, its story goes on."""

    event_id: str
    correlationid: str
    traceparent: str | None = None

    def key(self, of: str) -> Key:
        """The key of the command that this event causes; `of` tells apart what one event causes in several reviews."""
        return derived_key(f"consumer/review/{of}", self.event_id, self.event_id)

    def context(self) -> Context:
        """Who acts, and because of what."""
        return Context(
            authtype="system",
            authid=CONSUMER,
            correlationid=self.correlationid,
            causationid=self.event_id,
            traceparent=self.traceparent,
        )


@dataclass(frozen=True, slots=True)
class Coming:
    """What a review's clocks say next: `settled` for good, or at `at`, None while only people can move things."""

    settled: bool
    at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Clockwork:
    """Opening, withdrawing and noticing, over the use cases of reviews."""

    reviews: Reviews

    def review_id(self, event_id: str) -> str:
        """The id of the review that the event with that id opens."""
        return str(uuid5(UUID(self.reviews.store.installation), f"review|{event_id}"))

    async def open(self, confirmed: TierConfirmed, confirmed_at: datetime, because: Because) -> int | None:
        """Open the review that a confirmed tier calls for; the position of its opening, None if it calls for none."""
        review_id = self.review_id(because.event_id)
        command = Open(review_id=review_id, confirmed=confirmed, confirmed_at=confirmed_at)
        context, key = because.context(), because.key("open")
        receipt = await self.reviews.carry_out(review_id, confirmed.system_id, command, context, key)
        return receipt.position

    async def follow_people(self, review_id: str, system_id: str, command: FollowPeople, because: Because) -> None:
        """Let a review know who answers for its system and who had a hand in its intake."""
        key = because.key(f"people/{review_id}")
        await self.reviews.carry_out(review_id, system_id, command, because.context(), key)

    async def join(self, person: str, other: str, because: Because) -> None:
        """Two ids of the directory are one person's from now on."""
        offices = Offices(store=self.reviews.store, policy_version=self.reviews.rules.version)
        await offices.do(Join(person=person, other=other), because.context(), because.key("identities"))

    async def follow_joining(self, review_id: str, system_id: str, because: Because) -> None:
        """Let a review know that ids were joined."""
        key = because.key(f"joining/{review_id}")
        await self.reviews.carry_out(review_id, system_id, FollowJoining(), because.context(), key)

    async def withdraw(self, review_id: str, system_id: str, reason: str, because: Because) -> None:
        """Withdraw a review if it is undecided."""
        command, key = Withdraw(reason=reason), because.key(f"withdraw/{review_id}")
        await self.reviews.carry_out(review_id, system_id, command, because.context(), key)

    async def coming(self, review_id: str) -> Coming:
        """What the clocks of a review say next."""
        seen = await self.reviews.read(review_id)
        settled = isinstance(seen.state, DecidedReview | Withdrawn | Unopened)
        return Coming(settled, next_instant(seen.state), seen.version)

    async def notice(self, review_id: str) -> bool:
        """Say what is due by the store's time; False if nothing is."""
        seen = await self.reviews.read(review_id)
        due = next_instant(seen.state)
        if due is None or due > seen.now:
            return False
        # The version belongs to the key: the same instant may matter again after a clock was paused and resumed.
        value = f"review-{review_id}/{seen.version}/{stamp(due)}"
        context = Context(authtype="system", authid=CLOCK, correlationid=seen.case.opened.intake_id)
        await self.reviews.do(seen, NoticeTime(), context, derived_key("clock/review", value, value))
        return True
