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
    system is theirs to submit; `administrator` that they run the installation, and so decide nothing."""

    person: PersonId
    on_behalf_of: PersonId | None = None
    submitter: bool = False
    administrator: bool = False
