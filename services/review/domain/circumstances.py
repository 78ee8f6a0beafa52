"""What a command meets besides the review itself: the time, the policy in force, who holds which office."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.review.domain.authority import Authority
from services.review.domain.rules import Rules
from shared.events.fact import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """The store's time, the policy, the offices, and ids that a repeat of the command would give again."""

    now: datetime
    rules: Rules
    authority: Authority
    ids: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `on_behalf_of` names the holder of the office that was delegated to them; `submitter` says that the
    system is theirs to submit; `administrator` that they run the installation, and so decide nothing. `hand` is who
    acts in the person's name, with a token that says so."""

    person: PersonId
    on_behalf_of: PersonId | None = None
    submitter: bool = False
    administrator: bool = False
    hand: PersonId | None = None

    @property
    def involved(self) -> frozenset[PersonId]:
        """Everybody by whom or in whose name this is done."""
        return frozenset(one for one in (self.person, self.on_behalf_of, self.hand) if one is not None)
