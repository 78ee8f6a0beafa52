"""What people rule on, whatever it is: whose request it is, who stepped back, and where each has ruled."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.events.fact import PersonId
from shared.policy.identities import Identities


class Ruling(Protocol):
    """A fact by which somebody ruled."""

    @property
    def by(self) -> PersonId: ...
    @property
    def on_behalf_of(self) -> PersonId | None: ...
    @property
    def hand(self) -> PersonId | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter(ABC):
    """`places` is where each person has ruled (`signoff:<discipline>`, `vote:<whose>`): one person, one place.

    `identities` is no fact of the matter: whoever rules on it brings it along.
    """

    recused: frozenset[PersonId] = frozenset()
    places: Mapping[PersonId, str] = field(default_factory=dict)
    identities: Identities = field(default_factory=Identities)

    @property
    @abstractmethod
    def requesting(self) -> frozenset[PersonId]:
        """Those whose request this is, or ever was, by the ids that facts name."""

    @property
    @abstractmethod
    def scopes(self) -> tuple[str, ...]:
        """The scopes of offices that reach the system concerned."""

    @property
    def own_side(self) -> frozenset[PersonId]:
        """Those whose request this is, or ever was: they rule on nothing of it, and what they ruled does not count."""
        return self.identities.everybody(self.requesting)

    @property
    def stood_aside(self) -> frozenset[PersonId]:
        """Those whose rulings do not count: they stepped back, have become one side with the request, or turn out to
        be one person who has ruled in two places."""
        twice = (person for person in self.places if len(self.places_of(person)) > 1)
        return self.identities.everybody({*self.recused, *twice}) | self.own_side

    def places_of(self, person: PersonId) -> frozenset[str]:
        """Where the person has ruled, under whichever of their ids."""
        return frozenset(self.places[one] for one in self.identities.of(person) if one in self.places)


def rulers(fact: Ruling) -> frozenset[PersonId]:
    """Everybody by whom or in whose name a ruling was given."""
    return frozenset(one for one in (fact.by, fact.on_behalf_of, fact.hand) if one is not None)
