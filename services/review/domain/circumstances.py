"""What a command meets besides the review itself: the time, the policy in force, who holds which office."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.review.domain.authority import Authority
from services.review.domain.clock import Calendars
from shared.events.fact import PersonId
from shared.policy.authority import Authority as Matrix


@dataclass(frozen=True, slots=True)
class ChainStep:
    """A step of the escalation: who is told once a breach has lasted that many business days."""

    role: str
    business_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The policy in force as far as review needs it.

    `matrix` says who takes which decision; `chain` is where a breach goes, with `inform` told at each step;
    `recertification_months` is how long an approval of a tier lasts; `calendars` gives those of a region.
    """

    version: str
    digest: str
    matrix: Matrix
    chain: tuple[ChainStep, ...]
    inform: tuple[str, ...]
    recertification_months: Callable[[str], int | None]
    calendars: Callable[[str], Calendars]


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
