"""The shapes of review's answers. Instants are RFC 3339 in UTC; a person's name is null once they are forgotten."""

from typing import NotRequired, TypedDict

from services.review.domain.explanation import ClockTold, Held, Stretch
from shared.events.fact import Sealed
from shared.events.intake import RequiredEvidence
from shared.events.review import (
    CompletenessScored,
    ConditionMet,
    DecisionRecorded,
    EvidenceAttached,
    ProposedCondition,
)
from shared.policy.ballot import Outcome
from shared.runtime.answers import Recorded


class PersonOut(TypedDict):
    """A person: their id, and their name as long as they are not forgotten."""

    id: str
    name: str | None


class Counted(TypedDict):
    """How many of the required artefacts were complete."""

    complete: int
    required: int


class ReviewReceipt(Recorded):
    """What became of a command on a review, with what the command itself brought about."""

    id: str
    artefact_id: NotRequired[str]
    digest: NotRequired[str]
    completeness: NotRequired[Counted]
    conditions: NotRequired[list[str]]
    outcome: NotRequired[str]


class OfficeReceipt(Recorded):
    """What became of a command on an office; `id` is the appointment's or the delegation's."""

    id: NotRequired[str]


class VerdictOut(TypedDict):
    """A discipline's verdict on exactly the evidence and policy it names."""

    review_id: str
    discipline: str
    verdict: str
    by: PersonOut
    reason: str | Sealed
    evidence_digest: str
    policy_digest: str
    on_behalf_of: str | None
    appointment_id: str | None
    conditions: list[ProposedCondition]
    hand: str | None


class SignOffOut(TypedDict):
    """A discipline that must rule; `standing` says whether its verdict counts as things are."""

    discipline: str
    standing: bool
    assigned: PersonOut | None
    verdict: VerdictOut | None


class VoteOut(TypedDict):
    """A vote of a member of the board."""

    review_id: str
    by: PersonOut
    choice: str
    rationale: str | Sealed
    evidence_digest: str
    policy_digest: str
    appointment_id: str
    on_behalf_of: str | None
    confirms: list[str]
    hand: str | None


class ConditionOut(TypedDict):
    """What an approval depends on, and how it was met."""

    review_id: str
    condition_id: str
    text: str | Sealed
    owner: PersonOut
    due_on: str
    imposed_by: str
    met: ConditionMet | None


class RoundClock(TypedDict):
    """A clock in short: who holds it, until when, whether it ran out."""

    clock: str
    phase: str
    holder: str
    due_at: str
    breached: bool
    within: bool | None


class EndOut(TypedDict):
    """How the review ended: by a decision, or withdrawn for a reason; both null while it is open."""

    decision: DecisionRecorded | None
    withdrawn: str | None


class ReviewOut(EndOut):
    """Everything that is known of a review. A ruling names `evidence_digest` and `policy_digest`."""

    id: str
    version: int
    state: str
    review_id: str
    system_id: str
    intake_id: str
    round: int
    name: str
    tier: str
    high_risk: bool
    disciplines: list[str]
    evidence: list[RequiredEvidence]
    policy_version: str
    region: str
    owner: PersonOut
    requester: PersonOut
    submitted_at: str
    business_unit: str | None
    product_area: str | None
    material_change: bool
    confirmed_at: str | None
    evidence_digest: str
    policy_digest: str
    decided_by: str
    on_table: list[EvidenceAttached]
    completeness: CompletenessScored | None
    sign_offs: list[SignOffOut]
    votes: list[VoteOut]
    tally: Outcome | None
    recused: list[PersonOut]
    conditions: list[ConditionOut]
    clocks: list[RoundClock]


class ReviewClocks(TypedDict):
    """Who held the ball, for how long, in words and in working minutes that add up to `total_minutes`."""

    review_id: str
    state: str
    as_of: str
    total_minutes: int
    held: list[Held]
    rounds: list[Stretch]
    clocks: list[ClockTold]
