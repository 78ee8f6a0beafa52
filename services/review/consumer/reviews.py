"""Rows of reviews: where each stands, what lies on its table, who has ruled and who may not."""

from typing import Any

from sqlalchemy import Connection, delete, insert, update

from services.review.consumer.matters import stand_aside, take_place
from services.review.tables import assignment, condition, evidence, message, review
from shared.events.envelope import Envelope, stamp
from shared.events.review import (
    ChangesAnswered,
    CompletenessScored,
    ConditionImposed,
    ConditionMet,
    DecisionRecorded,
    DisciplineAssigned,
    EvidenceAttached,
    EvidenceSubmitted,
    RecusalDeclared,
    ResponsibilityChanged,
    ReviewFact,
    ReviewOpened,
    ReviewWithdrawn,
    SignedOff,
    VoteCast,
)


def apply(connection: Connection, fact: ReviewFact, envelope: Envelope) -> None:
    """Fold one fact of a review that is not about a clock."""
    match fact:
        case ReviewOpened():
            _open(connection, fact, envelope)
        case EvidenceAttached():
            _attach(connection, fact, envelope.partitionkey)
        case EvidenceSubmitted():
            _set(connection, fact.review_id, state="in_review", submitted_at=stamp(envelope.time))
            stand_aside(connection, fact.review_id, fact.by, fact.hand)
        case CompletenessScored():
            _set(connection, fact.review_id, complete=fact.complete, required=fact.required)
        case ChangesAnswered():
            _set(connection, fact.review_id, state="in_review")
            stand_aside(connection, fact.review_id, fact.by, fact.hand)
        case SignedOff() | VoteCast() | RecusalDeclared() | DisciplineAssigned():
            _rule(connection, fact)
        case ResponsibilityChanged():
            _set(connection, fact.review_id, owner=fact.owner)
            for person in {fact.owner, *fact.joined}:
                _step_aside(connection, fact.review_id, person)
        case DecisionRecorded() | ReviewWithdrawn():
            _end(connection, fact)
        case ConditionImposed() | ConditionMet():
            _condition(connection, fact)
        case _:
            pass  # what clocks say has its own rows, and a refused attempt changes nothing


def _rule(connection: Connection, fact: SignedOff | VoteCast | RecusalDeclared | DisciplineAssigned) -> None:
    match fact:
        case SignedOff():
            if fact.verdict == "request_changes":
                _set(connection, fact.review_id, state="awaiting_answers")
            take_place(connection, fact.review_id, fact, f"signoff:{fact.discipline}")
        case VoteCast():
            take_place(connection, fact.review_id, fact, f"vote:{fact.on_behalf_of or fact.by}")
        case RecusalDeclared():
            _step_aside(connection, fact.review_id, fact.by)
        case DisciplineAssigned():
            place = {"review_id": fact.review_id, "discipline": fact.discipline}
            connection.execute(delete(assignment).filter_by(**place))
            connection.execute(insert(assignment).values(**place, reviewer=fact.reviewer))


def _open(connection: Connection, fact: ReviewOpened, envelope: Envelope) -> None:
    connection.execute(
        insert(review).values(
            review_id=fact.review_id,
            system_id=fact.system_id,
            intake_id=fact.intake_id,
            round=fact.round,
            name=fact.name,
            tier=fact.tier,
            high_risk=fact.high_risk,
            state="gathering",
            owner=fact.owner,
            requester=fact.requester,
            business_unit=fact.business_unit,
            product_area=fact.product_area,
            opened_at=stamp(envelope.time),
        )
    )
    stand_aside(connection, fact.review_id, fact.owner, fact.requester)


def _attach(connection: Connection, fact: EvidenceAttached, system_id: str) -> None:
    if fact.supersedes is not None:
        before = update(evidence).where(evidence.c.artefact_id == fact.supersedes)
        connection.execute(before.values(on_table=False))
    connection.execute(
        insert(evidence).values(
            artefact_id=fact.artefact_id,
            review_id=fact.review_id,
            system_id=system_id,
            artefact=fact.artefact,
            digest=fact.digest,
            on_table=True,
        )
    )
    stand_aside(connection, fact.review_id, fact.producer, fact.hand)


def _end(connection: Connection, fact: DecisionRecorded | ReviewWithdrawn) -> None:
    values: dict[str, Any] = {"holder": None, "due_at": None}
    if isinstance(fact, DecisionRecorded):
        expires = None if fact.expires_at is None else stamp(fact.expires_at)
        values |= {"state": "decided", "outcome": fact.outcome, "decided_at": stamp(fact.decided_at)}
        values |= {"expires_at": expires}
    else:
        values |= {"state": "withdrawn"}
    _set(connection, fact.review_id, **values)
    spoken = update(message).where(message.c.review_id == fact.review_id)
    connection.execute(spoken.values(settled=True))


def _condition(connection: Connection, fact: ConditionImposed | ConditionMet) -> None:
    if isinstance(fact, ConditionMet):
        connection.execute(update(condition).where(condition.c.condition_id == fact.condition_id).values(met=True))
        return
    connection.execute(
        insert(condition).values(
            condition_id=fact.condition_id,
            review_id=fact.review_id,
            owner=fact.owner,
            due_on=fact.due_on.isoformat(),
            imposed_by=fact.imposed_by,
            met=False,
        )
    )


def _set(connection: Connection, review_id: str, **values: Any) -> None:
    connection.execute(update(review).where(review.c.review_id == review_id).values(values))


def _step_aside(connection: Connection, review_id: str, person: str) -> None:
    """They rule on nothing here, and nothing waits for them to."""
    stand_aside(connection, review_id, person)
    mine = delete(assignment).where(assignment.c.review_id == review_id)
    connection.execute(mine.where(assignment.c.reviewer == person))
