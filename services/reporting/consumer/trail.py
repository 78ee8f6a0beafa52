"""The audit trail: every fact, who acted in it and who is named, and how far these tables have come."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from services.reporting import tables
from services.reporting.consumer.folding import Added, Folded
from services.reporting.consumer.heard import Heard
from services.reporting.consumer.named import people_in


class ProgressRow(Struct, frozen=True, kw_only=True):
    """How far one partition of a service's facts has been taken in."""

    service: str
    partition: int
    facts: int = 0
    highest: int = -1
    newest: datetime | None = None


def _fact(heard: Heard) -> Iterable[Mapping[str, Any]]:
    envelope = heard.envelope
    yield {
        "service": heard.service,
        "position": heard.position,
        "event_id": envelope.id,
        "stream": envelope.subject,
        "version": envelope.streamversion,
        "type": envelope.type,
        "time": envelope.time,
        "recorded": envelope.recordedtime,
        "authtype": envelope.authtype,
        "actor": envelope.authid,
        "on_behalf_of": envelope.onbehalfof,
        "system_id": heard.system_id,
        "correlation": envelope.correlationid,
        "causation": envelope.causationid,
        "policy": envelope.policyversion,
        "digest": heard.digest,
    }


def _people(heard: Heard) -> Iterable[Mapping[str, Any]]:
    envelope = heard.envelope
    people = people_in(heard.fact) | {envelope.authid} | ({envelope.onbehalfof} if envelope.onbehalfof else set())
    place = {"service": heard.service, "position": heard.position, "recorded": envelope.recordedtime}
    return [{**place, "person": one} for one in sorted(people)]


def _advanced(row: ProgressRow, heard: Heard) -> ProgressRow:
    recorded = heard.envelope.recordedtime
    newest = recorded if row.newest is None else max(row.newest, recorded)
    return replace(row, facts=row.facts + 1, highest=max(row.highest, heard.position), newest=newest)


TRAIL = Added(tables.fact, _fact)
PEOPLE = Added(tables.fact_person, _people)
PROGRESS = Folded(
    tables.progress,
    ProgressRow,
    lambda heard: [(heard.service, heard.partition)],
    lambda key: ProgressRow(service=str(key[0]), partition=int(key[1])),
    _advanced,
)
