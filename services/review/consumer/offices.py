"""Rows of appointments and delegations."""

from typing import Any

from sqlalchemy import Connection, insert, update

from services.review.tables import appointment, delegation
from shared.events.envelope import stamp
from shared.events.review import AppointmentEnded, AppointmentMade, DelegationEnded, DelegationGiven


def apply(connection: Connection, fact: AppointmentMade | AppointmentEnded | DelegationGiven | DelegationEnded) -> None:
    """Fold one fact of the offices."""
    match fact:
        case AppointmentMade():
            connection.execute(insert(appointment).values(_appointed(fact)))
        case AppointmentEnded():
            held = update(appointment).where(appointment.c.appointment_id == fact.appointment_id)
            connection.execute(held.values(valid_until=stamp(fact.ended_at), ended_reason=fact.reason))
        case DelegationGiven():
            connection.execute(insert(delegation).values(_lent(fact)))
        case DelegationEnded():
            lent = update(delegation).where(delegation.c.delegation_id == fact.delegation_id)
            connection.execute(lent.values(valid_until=stamp(fact.ended_at)))


def _appointed(fact: AppointmentMade) -> dict[str, Any]:
    return {
        "appointment_id": fact.appointment_id,
        "person": fact.person,
        "role": fact.role,
        "scope": fact.scope,
        "valid_from": stamp(fact.valid_from),
        "valid_until": None if fact.valid_until is None else stamp(fact.valid_until),
        "appointed_by": fact.by,
        "ended_reason": None,
    }


def _lent(fact: DelegationGiven) -> dict[str, Any]:
    return {
        "delegation_id": fact.delegation_id,
        "appointment_id": fact.appointment_id,
        "giver": fact.giver,
        "receiver": fact.receiver,
        "valid_from": stamp(fact.valid_from),
        "valid_until": stamp(fact.valid_until),
    }
