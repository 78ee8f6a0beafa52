"""The use cases of reviews: every command takes the same way, whoever asks and whatever it is."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Final, cast

from services.review.domain.authority import Authority
from services.review.domain.case import Case, State, Unopened, opened_case
from services.review.domain.commands import Assign, CloseVote, Command, MeetCondition, SignOff, Vote
from services.review.domain.decide import decide
from services.review.domain.evolve import evolve
from services.review.domain.rules import Rules
from services.review.handlers.answers import answer_of
from services.review.handlers.deciding import UseCase, carry_out
from services.review.handlers.offices import AUTHORITY, fold_authority
from shared.events.review import ClockBreached, ReviewFact
from shared.runtime.principals import Place
from shared.store.handling import At, Decided
from shared.store.port import Context, EventStore, Key, Past, Receipt

RULINGS: Final = (Assign, SignOff, Vote, CloseVote, MeetCondition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A review as its stream stood when it was read."""

    review_id: str
    state: State
    version: int
    now: datetime

    @property
    def case(self) -> Case:
        """What is known of the review; raises as `opened_case` does."""
        return opened_case(self.state)

    @property
    def place(self) -> Place:
        """Where its system lies, for the grants."""
        opened = self.case.opened
        return Place(system=opened.system_id, business_unit=opened.business_unit, product_area=opened.product_area)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """The streams `review/<id>` of one store, decided on under one policy."""

    store: EventStore
    rules: Rules

    async def read(self, review_id: str) -> Seen:
        """The review now; one that was never opened has the state `Unopened`."""
        past = await self.store.read(stream_of(review_id))
        return Seen(review_id=review_id, state=fold_review(past), version=past.version, now=past.now)

    async def authority(self) -> Authority:
        """All offices so far."""
        return fold_authority(await self.store.read(AUTHORITY))

    async def do(self, seen: Seen, command: Command, context: Context, key: Key) -> Receipt:
        """Carry out a command on a review that exists.

        Raises what `decide` refuses, and `Refused("segregation-of-duties")` after having recorded the attempt.
        """
        opened = seen.case.opened
        story = replace(context, correlationid=opened.intake_id)
        return await self.carry_out(seen.review_id, opened.system_id, command, story, key)

    async def carry_out(self, review_id: str, system_id: str, command: Command, context: Context, key: Key) -> Receipt:
        """As `do`, for a review whose system is known beforehand."""
        case = UseCase(
            stream=stream_of(review_id),
            system_id=system_id,
            fold=fold_review,
            decide=lambda state, at: [_timed(fact) for fact in decide(state, command, at)],
            answer_of=lambda decided: answer_of(review_id, decided),
            context=context,
            key=key,
            ruling=isinstance(command, RULINGS),
        )
        return await carry_out(self.store, self.rules, case)


def stream_of(review_id: str) -> str:
    """The name of a review's stream."""
    return f"review/{review_id}"


def fold_review(past: Past) -> State:
    """The state that a stream's events amount to."""
    return reduce(evolve, (cast(ReviewFact, stored.fact) for stored in past.events), cast(State, Unopened()))


def _timed(fact: ReviewFact) -> Decided:
    # A breach happened when the clock ran out, whenever it was noticed (DESIGN 2).
    return At(fact, fact.due_at) if isinstance(fact, ClockBreached) else fact
