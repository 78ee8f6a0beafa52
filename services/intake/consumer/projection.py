"""Intake's own facts, folded into the tables from which its lists are read."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from services.intake.domain.rules import TRIAGE
from services.intake.tables import VIEW, discovery, queue, system
from shared.events.envelope import stamp
from shared.events.intake import (
    AnswersRequested,
    DiscoverySettled,
    IntakeAmended,
    IntakeSubmitted,
    IntakeWithdrawn,
    SystemDiscovered,
    SystemLaunched,
    SystemMerged,
    SystemRegistered,
    SystemRetired,
    TierConfirmed,
    TierProposed,
    TriageBreached,
)
from shared.log.port import Record, facts_topic
from shared.log.projection import Projection

_VERSION: Final = "6"


def projection() -> Projection:
    """The projection of intake's lists."""
    return Projection(name="intake", topics=[facts_topic("intake")], metadata=VIEW, version=_VERSION, apply=apply)


def apply(connection: Connection, record: Record) -> None:
    """Give one record its effect on the tables."""
    fact, happened, recorded = record.fact, stamp(record.envelope.time), stamp(record.envelope.recordedtime)
    match fact:
        case SystemDiscovered():
            _discovered(connection, fact, happened)
        case DiscoverySettled():
            connection.execute(delete(discovery).where(discovery.c.discovery_id == fact.discovery_id))
        case SystemRegistered():
            _registered(connection, fact, recorded)
        case IntakeSubmitted() | IntakeAmended():
            _described(connection, fact)
        case TierProposed():
            _proposed(connection, fact, recorded)
        case TierConfirmed() | IntakeWithdrawn():
            _settled(connection, fact)
        case SystemRetired() | SystemMerged():
            _ended(connection, fact)
        case AnswersRequested():
            wanted = msgspec.json.encode(fact.attributes).decode()
            values = {"holder": "submitter", "wanted": wanted, "due_at": stamp(fact.due_at)}
            connection.execute(update(queue).where(queue.c.intake_id == fact.intake_id).values(values))
            _set(connection, fact.system_id, standing="asked")
        case TriageBreached():
            marks = {"breached": True} | ({"triage_breached": True} if fact.clock == TRIAGE else {})
            connection.execute(update(queue).where(queue.c.intake_id == fact.intake_id).values(marks))
        case SystemLaunched():
            _launched(connection, fact)
        case _:
            """Facts that change nothing in these tables: reminders, escalations, approvals, training, people."""


def _discovered(connection: Connection, fact: SystemDiscovered, happened: str) -> None:
    connection.execute(
        insert(discovery).values(
            discovery_id=fact.discovery_id,
            name=fact.name,
            found_by=fact.found_by,
            found_in=fact.found_in,
            business_unit=fact.business_unit,
            product_area=fact.product_area,
            live=fact.live,
            discovered_at=happened,
        )
    )


def _registered(connection: Connection, fact: SystemRegistered, recorded: str) -> None:
    connection.execute(
        insert(system).values(
            system_id=fact.system_id,
            name=fact.name,
            sort_name=fact.name.casefold(),
            owner=fact.owner,
            requester=fact.requester,
            region=fact.region,
            business_unit=fact.business_unit,
            product_area=fact.product_area,
            team=fact.team,
            external_key=fact.external_key,
            imported=fact.imported,
            registered_at=recorded,
            round=1,
            standing="waiting",
            high_risk=False,
            live=False,
        )
    )


def _described(connection: Connection, fact: IntakeSubmitted | IntakeAmended) -> None:
    places = {name: getattr(fact, name) for name in ("region", "business_unit", "product_area", "team")}
    stated = {name: value for name, value in places.items() if value is not None}
    changed = {"name": fact.name, "sort_name": fact.name.casefold(), "owner": fact.owner, **stated}
    if isinstance(fact, IntakeSubmitted):
        changed["round"] = fact.round
    _set(connection, fact.system_id, intake_id=fact.intake_id, **changed)
    queued = {name: value for name, value in changed.items() if name in queue.c and name != "round"}
    connection.execute(update(queue).where(queue.c.intake_id == fact.intake_id).values(queued))


def _proposed(connection: Connection, fact: TierProposed, recorded: str) -> None:
    known = connection.execute(select(system).where(system.c.system_id == fact.system_id)).mappings().one()
    _set(connection, fact.system_id, tier=fact.tier, high_risk=fact.high_risk, score=fact.score, standing="waiting")
    waiting = connection.execute(select(queue).where(queue.c.intake_id == fact.intake_id)).mappings().first()
    connection.execute(delete(queue).where(queue.c.system_id == fact.system_id))
    # the triage clock that ran before an amendment or a question goes on, and stays breached if it was
    breached = waiting is not None and waiting["triage_breached"] and not fact.triage_starts_at
    copied = ("system_id", "name", "business_unit", "product_area", "owner", "requester")
    connection.execute(
        insert(queue).values(
            **{name: known[name] for name in copied},
            intake_id=fact.intake_id,
            round=fact.round,
            revision=fact.revision,
            tier=fact.tier,
            score=fact.score,
            unknowns=len(fact.unknowns),
            reasons=msgspec.json.encode([rule.reason for rule in fact.fired]).decode(),
            submitted_at=waiting["submitted_at"] if waiting is not None else recorded,
            starts_at=_time(fact.triage_starts_at),
            due_at=_time(fact.triage_due_at),
            holder="triagers",
            wanted="[]",
            breached=breached,
            triage_breached=breached,
            ended=known["retired_at"] is not None or known["merged_into"] is not None,
        )
    )


def _settled(connection: Connection, fact: TierConfirmed | IntakeWithdrawn) -> None:
    connection.execute(delete(queue).where(queue.c.system_id == fact.system_id))
    if isinstance(fact, TierConfirmed):
        known = {"round": fact.round, "tier": fact.tier, "high_risk": fact.high_risk}
        _set(connection, fact.system_id, standing="confirmed", **known)
    else:
        _set(connection, fact.system_id, standing="withdrawn")


def _ended(connection: Connection, fact: SystemRetired | SystemMerged) -> None:
    connection.execute(update(queue).where(queue.c.system_id == fact.system_id).values(ended=True))
    if isinstance(fact, SystemRetired):
        _set(connection, fact.system_id, live=False, retired_at=stamp(fact.retired_at))
    else:
        _set(connection, fact.system_id, live=False, merged_into=fact.into)


def _launched(connection: Connection, fact: SystemLaunched) -> None:
    """A retired system that goes live again is in use again, and what waited for a ruling then waits again.

    A launch from before its end, reported after it, brings nothing back to life.
    """
    launched_at = stamp(fact.launched_at)
    known = connection.execute(select(system).where(system.c.system_id == fact.system_id)).mappings().one()
    if launched_at >= (known["launched_at"] or ""):
        _set(connection, fact.system_id, launched_at=launched_at, launched_reviewed=fact.reviewed)
    if launched_at < (known["retired_at"] or ""):
        return
    _set(connection, fact.system_id, live=True, retired_at=None)
    connection.execute(update(queue).where(queue.c.system_id == fact.system_id).values(ended=False))


def _set(connection: Connection, system_id: str, **values: object) -> None:
    connection.execute(update(system).where(system.c.system_id == system_id).values(values))


def _time(instant: datetime | None) -> str | None:
    return stamp(instant) if instant is not None else None
