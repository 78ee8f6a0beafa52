"""How an endpoint of review turns who asks, and for what, into what a handler takes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.review.adapters.directory import Directory
from services.review.api.models import Condition
from services.review.domain.case import Unopened
from services.review.domain.circumstances import Actor
from services.review.handlers.reviews import Reviews, Seen
from shared.events.review import ProposedCondition
from shared.refusals import Refused
from shared.runtime.principals import Place, Principal

CURATOR: Final = "service"
"""The grant that submits evidence for any system in its scope: pipelines do, for teams."""
OF_A_SYSTEM: Final = ("requester", "accountable_owner")
"""Grants that do so only where they name the very system: in a wider scope everybody holds them."""
APPOINTERS: Final = ("administrator", "head_of_ai_governance", "executive")
"""Grants that may give offices: somebody must give the first ones, before any office is held."""
OFFICE_READERS: Final = (*APPOINTERS, "programme_manager", "auditor")
"""Grants, for the whole organisation, that read who holds which office; everybody else reads their own."""


def person_of(who: Principal) -> str:
    """Whose act it is: the one acted for, else the actor."""
    return who.on_behalf_of or who.person


def hand_of(who: Principal) -> str | None:
    """Who acts in that person's name, if somebody does."""
    return None if who.on_behalf_of is None else who.person


async def actor_of(directory: Directory, who: Principal, on_behalf_of: str | None = None) -> Actor:
    """Who acts, and for whose office: somebody's who is named as in any request."""
    behalf = None if on_behalf_of is None else await directory.person(on_behalf_of, "#/on_behalf_of")
    return Actor(
        person=person_of(who),
        on_behalf_of=behalf,
        administrator=who.holds("administrator"),
        hand=hand_of(who),
    )


@dataclass(frozen=True, slots=True)
class Door:
    """What every endpoint of a review goes through: the review within one's scope, and oneself as an actor."""

    reviews: Reviews
    directory: Directory

    async def seen(self, review_id: str, who: Principal) -> Seen:
        """The review; raises `Refused("not-found")` for one that is absent or outside of one's scope, alike."""
        seen = await self.reviews.read(review_id)
        if isinstance(seen.state, Unopened) or not _within(who, seen):
            raise Refused("not-found", "")
        return seen

    async def actor(self, who: Principal, seen: Seen, on_behalf_of: str | None = None) -> Actor:
        """Who acts on a review, and for whose office."""
        actor = await actor_of(self.directory, who, on_behalf_of)
        return replace(actor, submitter=_submits(who, seen.place))

    async def proposed(self, conditions: Sequence[Condition]) -> list[ProposedCondition]:
        """Conditions with their owners looked up."""
        return [
            ProposedCondition(
                text=one.text,
                owner=await self.directory.person(one.owner, f"#/conditions/{number}/owner"),
                due_on=one.due_on,
            )
            for number, one in enumerate(conditions)
        ]


def _within(who: Principal, seen: Seen) -> bool:
    case = seen.case
    return who.sees(seen.place) or person_of(who) in (case.opened.requester, case.owner)


def _submits(who: Principal, place: Place) -> bool:
    named = (grant for grant in who.grants if grant.scope == "system" and grant.role in OF_A_SYSTEM)
    return who.may(CURATOR, at=place) or any(grant.covers(place) for grant in named)
