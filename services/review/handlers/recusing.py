"""Stepping back: why somebody does is about them, so it is encrypted under their key before it is hashed."""

from dataclasses import dataclass

from services.review.domain.circumstances import Actor
from services.review.domain.commands import Recuse
from services.review.handlers.reviews import Reviews, Seen
from shared.runtime.people import People
from shared.store.handling import Ids
from shared.store.port import Context, Key, Receipt


@dataclass(frozen=True, slots=True)
class Recusing:
    """The use case of recusal, over reviews and the directory of people."""

    reviews: Reviews
    people: People

    async def recuse(self, seen: Seen, actor: Actor, capacity: str, reason: str, context: Context, key: Key) -> Receipt:
        """Record that somebody steps back; raises what `decide` refuses."""
        # The recusal is the first fact of its command: its event's id is known before it is decided.
        event_id = Ids(self.reviews.store.installation, key)("event/0")
        sealed = await self.people.seal(actor.person, event_id, "reason", reason)
        command = Recuse(actor=actor, capacity=capacity, reason=sealed)
        return await self.reviews.do(seen, command, context, key)
