"""The projection of monitoring: which AI systems are live, and at which tier."""

from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from services.monitoring.tables import METADATA, system
from shared.events.envelope import stamp
from shared.events.intake import SystemLaunched, SystemMerged, SystemRegistered, SystemRetired, TierConfirmed
from shared.log.port import Record, facts_topic
from shared.log.projection import Projection

VERSION: Final = "1"


def projection() -> Projection:
    """What monitoring derives from the facts of intake."""
    topics = [facts_topic("intake")]
    return Projection(name="monitoring", topics=topics, metadata=METADATA, version=VERSION, apply=apply)


def apply(connection: Connection, record: Record) -> None:
    """Give one record its effect on the table."""
    match record.fact:
        case SystemRegistered() as fact:
            _keep(connection, fact.system_id, name=fact.name)
        case TierConfirmed() as fact:
            _keep(connection, fact.system_id, name=fact.name, tier=fact.tier, high_risk=fact.high_risk)
        case SystemLaunched() as fact:
            _keep(connection, fact.system_id, launched_at=stamp(fact.launched_at))
        case SystemRetired() | SystemMerged() as fact:
            _keep(connection, fact.system_id, retired=True)
        case _:
            return


def _keep(connection: Connection, system_id: str, **known: Any) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"system_id": system_id, "high_risk": False, "retired": False} | known
    connection.execute(insert(system).values(row).on_conflict_do_update(index_elements=["system_id"], set_=known))
