"""Records that lead to commands: review's decisions are noted, discoveries settle when their system registers."""

from collections.abc import Awaitable, Callable
from typing import Final

from services.intake.handlers.discoveries import Discoveries
from services.intake.handlers.living import Living
from services.intake.handlers.overriding import Overriding
from services.intake.handlers.systems import By
from shared.events.intake import SystemRegistered
from shared.events.review import DecisionRecorded, OverrideDecided
from shared.log.port import Record
from shared.refusals import Refused
from shared.runtime.idempotency import derived_key
from shared.runtime.principals import Place
from shared.store.port import Context

AUTHOR: Final = "gatehouse/intake/consumer"
Issue = Callable[[Record], Awaitable[None]]


def noting_decisions(living: Living, overriding: Overriding) -> Issue:
    """Decisions of review become known to intake: launches are measured against them, tiers overridden by them."""

    async def issue(record: Record) -> None:
        match record.fact:
            case DecisionRecorded() as fact:
                await living.note(fact, because_of(record, "decisions"))
            case OverrideDecided(outcome="approved") as fact:
                await overriding.note(fact, because_of(record, "overrides"))
            case _:
                pass

    return issue


def settling_discoveries(discoveries: Discoveries) -> Issue:
    """A registration that names a discovery explains it. One that names none, or a wrong one, settles nothing."""

    async def issue(record: Record) -> None:
        if not isinstance(record.fact, SystemRegistered) or record.fact.discovery_id is None:
            return
        explained = record.fact.discovery_id, record.fact.system_id
        try:
            await discoveries.explain(*explained, because_of(record, "discoveries"))
        except Refused as refused:
            if refused.code not in ("not-found", "wrong-state"):
                raise

    return issue


def because_of(record: Record, consumer: str) -> By:
    """A consumer as an actor, on account of one event: its id is the key, so that a repeat is no second command."""
    event = record.envelope
    return By(
        context=Context(
            authtype="system",
            authid=AUTHOR,
            correlationid=event.correlationid,
            causationid=event.id,
            traceparent=event.traceparent,
        ),
        key=derived_key(f"consumer/intake/{consumer}", event.id, event.id),
        guard=_everywhere,
    )


def _everywhere(_: Place) -> None:
    """Our own consumers have no scope."""
