"""Rows of overrides: where each stands, who has voted and who may not."""

from sqlalchemy import Connection, delete, insert, update

from services.review.domain.matter import rulers
from services.review.tables import override, ruled, standing_aside
from shared.events.envelope import Envelope, stamp
from shared.events.review import (
    OverrideDecided,
    OverrideFact,
    OverrideLapsed,
    OverridePeopleJoined,
    OverrideRecusalDeclared,
    OverrideTabled,
    OverrideVoteCast,
)
from shared.log.lease import insert_free


def apply(connection: Connection, fact: OverrideFact, envelope: Envelope) -> None:
    """Fold one fact of an override."""
    match fact:
        case OverrideTabled():
            _table(connection, fact)
        case OverrideVoteCast():
            for person in rulers(fact):
                mine = delete(ruled).where(ruled.c.review_id == fact.override_id, ruled.c.person == person)
                connection.execute(mine)
                place = f"vote:{fact.on_behalf_of or fact.by}"
                connection.execute(insert(ruled).values(review_id=fact.override_id, person=person, place=place))
        case OverridePeopleJoined():
            for person in fact.joined:
                insert_free(connection, standing_aside, review_id=fact.override_id, person=person)
        case OverrideRecusalDeclared():
            insert_free(connection, standing_aside, review_id=fact.override_id, person=fact.by)
        case OverrideDecided() | OverrideLapsed():
            state = fact.outcome if isinstance(fact, OverrideDecided) else "lapsed"
            ended = update(override).where(override.c.override_id == fact.override_id)
            connection.execute(ended.values(state=state, ended_at=stamp(envelope.time)))
        case _:
            pass  # a refused attempt changes nothing


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
    for person in {*fact.people, fact.proposed_by, fact.hand or fact.proposed_by}:
        insert_free(connection, standing_aside, review_id=fact.override_id, person=person)
