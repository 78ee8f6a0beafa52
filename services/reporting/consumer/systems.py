"""AI systems and discoveries as they stand, from the facts of intake."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict, replace

from services.reporting import tables
from services.reporting.consumer.folding import Folded
from services.reporting.consumer.heard import Heard
from services.reporting.consumer.rows import Key
from services.reporting.domain.histories import DiscoveryHistory, SystemHistory, of_discovery, of_system
from services.reporting.domain.settled import settled_system
from shared.events import intake
from shared.events.fact import Fact


class SystemRow(Struct, frozen=True, kw_only=True):
    """An AI system. `triage`: waiting (for a person), returned (to the submitter), or None when there is none open.

    `tier` is the confirmed one, or until there is one the proposed one: `tier_state` says which. `proposed_tier` is the
    one that waits to be confirmed.
    """

    system_id: str
    history: SystemHistory
    name: str | None = None
    owner: str | None = None
    requester: str | None = None
    region: str | None = None
    business_unit: str | None = None
    product_area: str | None = None
    team: str | None = None
    imported: bool = False
    registered_at: datetime | None = None
    intake_id: str | None = None
    round: int = 0
    tier: str | None = None
    tier_state: str | None = None
    proposed_tier: str | None = None
    score: int | None = None
    triage: str | None = None
    proposed_at: datetime | None = None
    triage_due_at: datetime | None = None
    launched_at: datetime | None = None
    launch_version: str | None = None
    launch_reviewed: bool | None = None
    launch_imported: bool = False
    withdrawn: bool = False
    retired_at: datetime | None = None
    merged_into: str | None = None
    settled_at: datetime | None = None
    counted: bool = False
    counted_tier: str | None = None
    counted_area: str | None = None
    covered: bool = False
    ever_high_risk: bool = False
    sent_back: bool = False
    ever_taken_back: bool = False


class DiscoveryRow(Struct, frozen=True, kw_only=True):
    """An AI system that was found in use; `system_id` is what it turned out to be."""

    discovery_id: str
    history: DiscoveryHistory
    name: str | None = None
    found_by: str | None = None
    found_in: str | None = None
    business_unit: str | None = None
    product_area: str | None = None
    live: bool = False
    found_at: datetime | None = None
    settled_at: datetime | None = None
    system_id: str | None = None


def _system_keys(heard: Heard) -> Iterable[Key]:
    named = getattr(heard.fact, "system_id", None)
    return [(named,)] if heard.service == "intake" and named is not None and heard.system_id == named else []


def _fold_system(row: SystemRow, heard: Heard) -> SystemRow:
    row = _lived(_triaged(_described(row, heard.fact, heard), heard.fact, heard), heard.fact)
    history = of_system(row.history, heard.fact, heard.mark)
    return row if history is row.history else replace(row, history=history)


def _settle(row: SystemRow) -> SystemRow:
    return replace(row, **asdict(settled_system(row.history)))


def _described(row: SystemRow, fact: Fact, heard: Heard) -> SystemRow:
    match fact:
        case intake.SystemRegistered():
            return replace(
                row,
                name=fact.name,
                owner=fact.owner,
                requester=fact.requester,
                region=fact.region,
                business_unit=fact.business_unit,
                product_area=fact.product_area,
                team=fact.team,
                imported=fact.imported,
                registered_at=heard.envelope.time,
            )
        case intake.IntakeSubmitted() | intake.IntakeAmended():
            return replace(
                row,
                name=fact.name,
                owner=fact.owner,
                intake_id=fact.intake_id,
                withdrawn=row.withdrawn and not isinstance(fact, intake.IntakeSubmitted),
                region=fact.region or row.region,
                business_unit=fact.business_unit or row.business_unit,
                product_area=fact.product_area or row.product_area,
                team=fact.team or row.team,
            )
        case _:
            return row


def _triaged(row: SystemRow, fact: Fact, heard: Heard) -> SystemRow:
    match fact:
        case intake.TierProposed():
            stands = row.tier_state == "confirmed"
            return replace(
                row,
                round=fact.round,
                tier=row.tier if stands else fact.tier,
                tier_state=row.tier_state if stands else "proposed",
                proposed_tier=fact.tier,
                score=fact.score,
                triage="waiting",
                proposed_at=heard.envelope.time,
                triage_due_at=fact.triage_due_at,
            )
        case intake.TierConfirmed():
            return replace(
                row,
                round=fact.round,
                tier=fact.tier,
                tier_state="confirmed",
                proposed_tier=None,
                owner=fact.owner,
                business_unit=fact.business_unit,
                product_area=fact.product_area,
                triage=None,
                triage_due_at=None,
            )
        case intake.AnswersRequested():
            return replace(row, triage="returned", triage_due_at=fact.due_at)
        case intake.IntakeWithdrawn():
            return replace(row, withdrawn=True, triage=None, triage_due_at=None, proposed_tier=None)
        case _:
            return row


def _lived(row: SystemRow, fact: Fact) -> SystemRow:
    ended = row.retired_at
    if isinstance(fact, intake.SystemLaunched) and ended is not None and fact.launched_at >= ended:
        row = replace(row, retired_at=None)  # in use again, whatever the books said
    match fact:
        case intake.SystemLaunched() if row.launched_at is None or fact.launched_at >= row.launched_at:
            return replace(
                row,
                launched_at=fact.launched_at,
                launch_version=fact.version,
                launch_reviewed=fact.reviewed,
                launch_imported=fact.imported_history,
            )
        case intake.SystemRetired():
            return replace(row, retired_at=fact.retired_at, triage=None, triage_due_at=None)
        case intake.SystemMerged():
            return replace(row, merged_into=fact.into, triage=None, triage_due_at=None)
        case _:
            return row


def _discovery_keys(heard: Heard) -> Iterable[Key]:
    match heard.fact:
        case intake.SystemDiscovered() | intake.DiscoverySettled():
            return [(heard.fact.discovery_id,)]
        case _:
            return []


def _fold_discovery(row: DiscoveryRow, heard: Heard) -> DiscoveryRow:
    row = replace(row, history=of_discovery(row.history, heard.fact, heard.mark))
    match heard.fact:
        case intake.SystemDiscovered() as fact:
            return replace(
                row,
                name=fact.name,
                found_by=fact.found_by,
                found_in=fact.found_in,
                business_unit=fact.business_unit,
                product_area=fact.product_area,
                live=fact.live,
                found_at=heard.envelope.time,
            )
        case intake.DiscoverySettled() as fact:
            return replace(row, settled_at=heard.envelope.time, system_id=fact.system_id)
        case _:
            return row


SYSTEMS = Folded(
    tables.system,
    SystemRow,
    _system_keys,
    lambda key: SystemRow(system_id=str(key[0]), history=SystemHistory(str(key[0]))),
    _fold_system,
    SystemHistory,
    _settle,
)
DISCOVERIES = Folded(
    tables.discovery,
    DiscoveryRow,
    _discovery_keys,
    lambda key: DiscoveryRow(discovery_id=str(key[0]), history=DiscoveryHistory(str(key[0]))),
    _fold_discovery,
    DiscoveryHistory,
)
