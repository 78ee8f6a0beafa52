"""Rows of overrides: where each stands, who has voted and who may not."""

from typing import assert_never

from sqlalchemy import Connection, insert, update

from services.review.consumer.matters import stand_aside, take_place
from services.review.tables import override
from shared.events.envelope import Envelope, stamp
from shared.events.review import (
    OverrideAttemptRefused,
    OverrideDecided,
    OverrideFact,
    OverrideLapsed,
    OverridePeopleJoined,
    OverrideRecusalDeclared,
    OverrideTabled,
    OverrideVoteCast,
)


def apply(connection: Connection, fact: OverrideFact, envelope: Envelope) -> None:
    """Fold one fact of an override."""
    match fact:
        case OverrideTabled():
            _table(connection, fact)
        case OverrideVoteCast():
            take_place(connection, fact.override_id, fact, f"vote:{fact.on_behalf_of or fact.by}")
        case OverridePeopleJoined():
            stand_aside(connection, fact.override_id, *fact.joined)
        case OverrideRecusalDeclared():
            stand_aside(connection, fact.override_id, fact.by)
        case OverrideDecided() | OverrideLapsed():
            state = fact.outcome if isinstance(fact, OverrideDecided) else "lapsed"
            ended = update(override).where(override.c.override_id == fact.override_id)
            connection.execute(ended.values(state=state, ended_at=stamp(envelope.time)))
        case OverrideAttemptRefused():
            pass
        case _:
            assert_never(fact)


def _table(connection: Connection, fact: OverrideTabled) -> None:
    connection.execute(
        insert(override).values(
            override_id=fact.override_id,
            system_id=fact.system_id,
            intake_id=fact.intake_id,
            round=fact.round,
            name=fact.name,
            from_tier=fact.from_tier,
            to_tier=fact.to_tier,
            downgrade=fact.downgrade,
            state="before_board",
            proposed_by=fact.proposed_by,
            accountable_owner=fact.accountable_owner,
            business_unit=fact.business_unit,
            product_area=fact.product_area,
            proposed_at=stamp(fact.proposed_at),
        )
    )
    stand_aside(connection, fact.override_id, *fact.people, fact.proposed_by, fact.hand)
