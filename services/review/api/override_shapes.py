"""The shapes of what is answered about overrides. Instants are RFC 3339 in UTC; a forgotten person's name is null."""

from typing import NotRequired, TypedDict

from services.review.api.shapes import PersonOut
from shared.events.fact import Sealed
from shared.events.intake import RequiredEvidence
from shared.events.review import OverrideDecided
from shared.policy.ballot import Outcome
from shared.runtime.answers import Recorded


class OverrideReceipt(Recorded):
    """What became of a command on an override; `outcome` once the board decided."""

    id: str
    outcome: NotRequired[str]


class OverrideVoteOut(TypedDict):
    """A vote of a member of the board on an override."""

    override_id: str
    by: PersonOut
    choice: str
    rationale: str | Sealed
    proposal_digest: str
    policy_digest: str
    appointment_id: str
    on_behalf_of: str | None
    hand: str | None


class OverrideOut(TypedDict):
    """Everything that is known of an override. A ruling names `proposal_digest` and `policy_digest`."""

    id: str
    version: int
    state: str
    override_id: str
    system_id: str
    intake_id: str
    round: int
    name: str
    from_tier: str
    to_tier: str
    downgrade: bool
    rationale: str
    accountable_owner: PersonOut
    proposed_by: PersonOut
    people: list[str]
    disciplines: list[str]
    evidence: list[RequiredEvidence]
    answers_digest: str
    policy_digest: str
    proposal_digest: str
    proposed_at: str
    business_unit: str | None
    product_area: str | None
    hand: str | None
    votes: list[OverrideVoteOut]
    tally: Outcome | None
    recused: list[PersonOut]
    decision: OverrideDecided | None
    lapsed: str | None
