"""What becomes of an override by intake's facts: it comes before the board, its people change, or it lapses."""

import hashlib
from collections.abc import Sequence

from services.review.domain.override import BeforeBoard, State, Untabled
from services.review.domain.override_commands import Follow, Lapse, Table
from shared.events.canonical import canonical
from shared.events.catalogue import data_of
from shared.events.review import OverrideFact, OverrideLapsed, OverridePeopleJoined, OverrideTabled


def table(state: State, command: Table) -> Sequence[OverrideFact]:
    """What was proposed comes before the board, once."""
    return [_tabled(command)] if isinstance(state, Untabled) else []


def lapse(state: State, command: Lapse) -> Sequence[OverrideFact]:
    """What the override rests on is gone. What intake recorded before it (records may come again) changes nothing."""
    if not isinstance(state, BeforeBoard) or command.as_of < state.override.tabled.proposed_at:
        return []
    tabled = state.override.tabled
    return [OverrideLapsed(override_id=tabled.override_id, system_id=tabled.system_id, reason=command.reason)]


def follow(state: State, command: Follow) -> Sequence[OverrideFact]:
    """Whoever came to the system's side since it was proposed."""
    if not isinstance(state, BeforeBoard) or command.as_of < state.override.tabled.proposed_at:
        return []
    if not (joined := command.people - state.override.own_side):
        return []
    override_id = state.override.tabled.override_id
    return [OverridePeopleJoined(override_id=override_id, joined=tuple(sorted(joined)), as_of=command.as_of)]


def _tabled(command: Table) -> OverrideTabled:
    proposed = command.proposed
    return OverrideTabled(
        override_id=proposed.override_id,
        system_id=proposed.system_id,
        intake_id=proposed.intake_id,
        round=proposed.round,
        name=proposed.name,
        from_tier=proposed.from_tier,
        to_tier=proposed.to_tier,
        downgrade=proposed.downgrade,
        rationale=proposed.rationale,
        accountable_owner=proposed.accountable_owner,
        proposed_by=proposed.by,
        people=proposed.people,
        disciplines=proposed.disciplines,
        evidence=proposed.evidence,
        answers_digest=proposed.answers_digest,
        policy_digest=proposed.policy_digest,
        proposal_digest=hashlib.sha256(canonical(data_of(proposed))).hexdigest(),
        proposed_at=command.proposed_at,
        business_unit=proposed.business_unit,
        product_area=proposed.product_area,
        hand=proposed.hand,
    )
