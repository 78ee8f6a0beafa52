"""What can be asked of a review."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.review.domain.circumstances import Actor
from shared.events.fact import PersonId, Sealed
from shared.events.intake import TierConfirmed
from shared.events.review import ProposedCondition


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Open the review that a confirmed tier calls for."""

    review_id: str
    confirmed: TierConfirmed
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowPeople:
    """Intake says, as of an instant of its own, who answers for the system and who else had a hand in its intake."""

    owner: PersonId
    people: frozenset[PersonId]
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowJoining:
    """Two ids turned out to be one person's: what they had ruled may count no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """End the review without a decision."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """Put an artefact on the table; `supersedes` takes the one before off it."""

    actor: Actor
    artefact: str
    title: str
    digest: str
    size: int | None
    media_type: str
    link: str | None
    owner: PersonId
    template_version: str | None = None
    subject_digest: str | None = None
    valid_until: date | None = None
    supersedes: str | None = None
    sections: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Hand the evidence in. `elsewhere` holds the artefacts whose very content is on file for another system."""

    actor: Actor
    elsewhere: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Put a discipline's sign-off into a person's hands."""

    actor: Actor
    discipline: str
    reviewer: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """A discipline's verdict on the evidence and policy whose digests it names."""

    actor: Actor
    discipline: str
    verdict: str
    reason: str
    evidence_digest: str
    policy_digest: str
    conditions: Sequence[ProposedCondition] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recuse:
    """Step back from the review, in whatever capacity: a discipline's, or the board's."""

    actor: Actor
    capacity: str
    reason: str | Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The submitter's answer to what a discipline asked for."""

    actor: Actor
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """A board member's vote; `confirms` names disciplines whose "not applicable" it confirms."""

    actor: Actor
    choice: str
    rationale: str
    evidence_digest: str
    policy_digest: str
    confirms: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseVote:
    """Close the board's vote: the votes decide the outcome. Without `accountable_owner`, it is the system's owner."""

    actor: Actor
    rationale: str
    options: Sequence[str]
    evidence_digest: str
    policy_digest: str
    conditions: Sequence[ProposedCondition] = ()
    accountable_owner: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetCondition:
    """Confirm that a condition of an approval was fulfilled."""

    actor: Actor
    condition_id: str
    evidence_digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTime:
    """Say what the clocks have to say by now."""


Command = (
    Open
    | FollowPeople
    | FollowJoining
    | Withdraw
    | Attach
    | Submit
    | Assign
    | SignOff
    | Recuse
    | Answer
    | Vote
    | CloseVote
    | MeetCondition
    | NoticeTime
)
