"""Records of intake that concern overrides: a proposal comes before the board, and lapses with what it rests on."""

from collections.abc import Awaitable, Callable, Sequence

from services.review.consumer.docket import Docket
from services.review.domain.override_commands import Command, Follow, Lapse, Table
from services.review.handlers.consuming import Because
from services.review.handlers.overrides import Overrides
from shared.events.intake import (
    IntakeAmended,
    IntakeSubmitted,
    IntakeWithdrawn,
    OverrideProposed,
    SystemMerged,
    SystemRetired,
    TierOverridden,
)
from shared.events.review import OverrideTabled
from shared.log.port import Record

Change = IntakeSubmitted | TierOverridden | IntakeAmended | IntakeWithdrawn | SystemRetired | SystemMerged
Issue = Callable[[Record], Awaitable[None]]


def following_proposals(overrides: Overrides, docket: Docket) -> Issue:
    """What becomes of overrides because of intake's facts; the source event's id is the key of each command."""

    async def issue(record: Record) -> None:
        match record.fact:
            case OverrideProposed() as fact:
                table = Table(proposed=fact, proposed_at=record.envelope.recordedtime)
                await _do(overrides, record, fact.override_id, fact.system_id, table)
            case fact if isinstance(fact, Change):
                for tabled in await docket.overrides(fact.system_id):
                    for command in _following(tabled, fact, record):
                        await _do(overrides, record, tabled.override_id, tabled.system_id, command)
            case _:
                pass

    return issue


def _following(tabled: OverrideTabled, fact: Change, record: Record) -> Sequence[Command]:
    as_of = record.envelope.recordedtime
    if isinstance(fact, IntakeAmended):
        return [Follow(people=frozenset({fact.owner, fact.amended_by or fact.owner}), as_of=as_of)]
    reason = _lost(tabled, fact)
    return [] if reason is None else [Lapse(reason=reason, as_of=as_of)]


def _lost(
    tabled: OverrideTabled, fact: IntakeSubmitted | TierOverridden | IntakeWithdrawn | SystemRetired | SystemMerged
) -> str | None:
    """What the proposal no longer rests on once this happened, in words; None where it still does."""
    match fact:
        case IntakeSubmitted() | TierOverridden():
            return f"round {fact.round} of the system's intake began" if fact.round > tabled.round else None
        case IntakeWithdrawn():
            return f"the intake was withdrawn: {fact.reason}" if fact.intake_id == tabled.intake_id else None
        case SystemRetired():
            return f"the system was retired: {fact.reason}"
        case SystemMerged():
            return f"the system lives on as {fact.into}"


async def _do(overrides: Overrides, record: Record, override_id: str, system_id: str, command: Command) -> None:
    event = record.envelope
    because = Because(event_id=event.id, correlationid=event.correlationid, traceparent=event.traceparent)
    key = because.key(f"override/{override_id}")
    await overrides.carry_out(override_id, system_id, command, because.context(), key)
