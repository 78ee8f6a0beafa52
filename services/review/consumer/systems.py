"""Rows of what intake's clocks and launches told people, and of the systems that these messages are about."""

from typing import Any

from sqlalchemy import Connection, insert, update

from services.review.tables import message, system
from shared.events.envelope import Envelope, stamp
from shared.events.fact import Fact
from shared.events.intake import (
    AnswersRequested,
    IntakeAmended,
    IntakeSubmitted,
    IntakeWithdrawn,
    LaunchEscalated,
    SystemLaunched,
    SystemMerged,
    SystemRegistered,
    SystemRetired,
    TierConfirmed,
    TierProposed,
    TriageBreached,
    TriageEscalated,
    TriageReminded,
)


def apply(connection: Connection, fact: Fact, envelope: Envelope) -> None:
    """Fold one fact of intake; most say nothing that is shown here."""
    _describe(connection, fact)
    match fact:
        case TierProposed() | TierConfirmed() | AnswersRequested() | IntakeWithdrawn():
            _settle(connection, fact.system_id, message.c.clock.is_not(None))
        case SystemRetired() | SystemMerged():
            _settle(connection, fact.system_id)
        case SystemLaunched(reviewed=True):
            _settle(connection, fact.system_id, message.c.clock.is_(None))
        case TriageReminded():
            words = f"{fact.percent} % of the {fact.clock} clock is gone"
            _tell(connection, fact, envelope, fact.addressee, "reminder", words)
        case TriageBreached() | TriageEscalated():
            words = f"the {fact.clock} clock ran out at {fact.due_at.isoformat()}"
            _tell(connection, fact, envelope, fact.addressee, "escalation", words)
            for other in sorted({*fact.told} - {fact.addressee}):
                _tell(connection, fact, envelope, other, "told", words)
        case LaunchEscalated():
            words = f"version {fact.version} was launched without a valid approval"
            _tell(connection, fact, envelope, fact.addressee, "escalation", words)
        case _:
            pass


def _describe(connection: Connection, fact: Fact) -> None:
    match fact:
        case SystemRegistered():
            place = {"business_unit": fact.business_unit, "product_area": fact.product_area}
            connection.execute(insert(system).values(system_id=fact.system_id, name=fact.name, **place))
        case IntakeSubmitted() | IntakeAmended():
            stated = {"business_unit": fact.business_unit, "product_area": fact.product_area}
            changed = {name: value for name, value in stated.items() if value is not None}
            _set(connection, fact.system_id, name=fact.name, **changed)
        case TierProposed():
            _set(connection, fact.system_id, tier=fact.tier)
        case TierConfirmed():
            place = {"business_unit": fact.business_unit, "product_area": fact.product_area}
            _set(connection, fact.system_id, tier=fact.tier, **place)
        case _:
            pass


def _set(connection: Connection, system_id: str, **values: Any) -> None:
    connection.execute(update(system).where(system.c.system_id == system_id).values(values))


def _tell(
    connection: Connection,
    fact: TriageReminded | TriageBreached | TriageEscalated | LaunchEscalated,
    envelope: Envelope,
    addressee: str,
    kind: str,
    words: str,
) -> None:
    clock, due = (None, None) if isinstance(fact, LaunchEscalated) else (fact.clock, stamp(fact.due_at))
    connection.execute(
        insert(message).values(
            event_id=envelope.id,
            system_id=fact.system_id,
            addressee=addressee,
            kind=kind,
            clock=clock,
            words=words,
            at=stamp(envelope.time),
            due_at=due,
            settled=False,
        )
    )


def _settle(connection: Connection, system_id: str, *which: Any) -> None:
    spoken = update(message).where(message.c.system_id == system_id, *which)
    connection.execute(spoken.values(settled=True))
