"""How an endpoint of intake turns who asks, and where, into what a handler takes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.intake.adapters.directory import Directory
from services.intake.api.models import Submission, person_named
from services.intake.domain.commands import Source
from services.intake.handlers.requests import Told
from services.intake.handlers.systems import By
from shared.runtime.principals import Place, Principal
from shared.store.port import Context, Key

SUBMITTERS: Final = ("requester", "accountable_owner", "triager", "programme_manager", "service")
"""Who may describe systems, and report what became of them."""
CURATORS: Final = ("triager", "programme_manager")
"""Who may call a system a duplicate of another."""

PROPOSERS: Final = ("requester", "accountable_owner", "triager", "programme_manager", "head_of_ai_governance")
"""Who may ask the board for another tier: people, who then have no vote on it."""

IMPORTERS: Final = (*CURATORS, "service", "administrator")
"""Who may bring in a portfolio with its history: what they tell as history is no news, and nothing escalates."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as the runtime found it out."""

    who: Principal
    acting: Context

    def by(self, key: Key, *roles: str) -> By:
        """The use case's `By`: one of the roles is needed where the thing lies."""
        administrator = self.who.holds("administrator")
        return By(context=self.acting, key=key, guard=self.guard(*roles), administrator=administrator)

    def guard(self, *roles: str) -> Callable[[Place], None]:
        """A check of one of the roles at a place."""
        return lambda place: self.who.require(*roles, at=place)

    @property
    def person(self) -> str:
        """Whose act it is."""
        return self.acting.onbehalfof or self.acting.authid


async def told(body: Submission, directory: Directory, asker: Asker, source: Source) -> Told:
    """A submission with its people looked up."""
    owner = await directory.person(person_named(body.owner), "#/owner")
    requester = asker.person
    if body.requester is not None:
        requester = await directory.person(person_named(body.requester), "#/requester")
    return Told(
        name=body.name,
        owner=owner,
        requester=requester,
        answers=body.answers,
        source=source,
        region=body.region,
        business_unit=body.business_unit,
        product_area=body.product_area,
        team=body.team,
        external_key=body.external_key,
        discovery_id=body.discovery_id,
    )
