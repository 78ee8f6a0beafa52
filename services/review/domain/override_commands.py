"""What can be asked of an override of a tier."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.review.domain.circumstances import Actor
from shared.events.fact import PersonId, Sealed
from shared.events.intake import OverrideProposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Bring before the board what was proposed at that instant of intake's clock."""

    proposed: OverrideProposed
    proposed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """Something that the override rests on changed, as of an instant of intake's clock."""

    reason: str
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Intake says, as of an instant of its own, who answers for the system and who else had a hand in its intake."""

    people: frozenset[PersonId]
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteOn:
    """A board member's vote on the proposal and policy whose digests it names."""

    actor: Actor
    choice: str
    rationale: str
    proposal_digest: str
    policy_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBack:
    """Rule on nothing of the override any more."""

    actor: Actor
    reason: str | Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseOn:
    """Close the vote: the votes decide the outcome."""

    actor: Actor
    rationale: str
    options: Sequence[str]
    proposal_digest: str
    policy_digest: str


Command = Table | Lapse | Follow | VoteOn | StepBack | CloseOn
