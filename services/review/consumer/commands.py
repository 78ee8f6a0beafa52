"""Records of intake that lead to commands: a confirmed tier opens a review, an end withdraws those undecided,
and whoever comes to answer for a system, or amends its intake, is from then on one side with the request."""

from collections.abc import Awaitable, Callable

from services.review.consumer.docket import Docket, Entry
from services.review.domain.commands import FollowPeople
from services.review.handlers.consuming import Because, Clockwork
from shared.events.fact import PersonId
from shared.events.intake import (
    IntakeAmended,
    IntakeSubmitted,
    IntakeWithdrawn,
    PeopleJoined,
    SystemMerged,
    SystemRetired,
    TierConfirmed,
)
from shared.log.port import Record

Issue = Callable[[Record], Awaitable[None]]


def following_intake(clockwork: Clockwork, docket: Docket) -> Issue:
    """What review does because of intake's facts; the source event's id is the key of each command."""

    async def issue(record: Record) -> None:
        match record.fact:
            case TierConfirmed() as fact:
                await _confirmed(clockwork, docket, fact, record)
            case IntakeSubmitted() as fact:
                people = {fact.requester, fact.owner, fact.submitted_by or fact.requester}
                await _follow(clockwork, docket, fact, people, record)
            case IntakeAmended() as fact:
                await _follow(clockwork, docket, fact, {fact.owner, fact.amended_by or fact.owner}, record)
            case PeopleJoined() as fact:
                await _joined(clockwork, docket, fact, because_of(record))
            case IntakeWithdrawn() as fact:
                of_intake = [one for one in await docket.of_system(fact.system_id) if one.intake_id == fact.intake_id]
                await _withdraw(clockwork, of_intake, f"the intake was withdrawn: {fact.reason}", because_of(record))
            case SystemRetired() as fact:
                undecided = await docket.of_system(fact.system_id)
                await _withdraw(clockwork, undecided, f"the system was retired: {fact.reason}", because_of(record))
            case SystemMerged() as fact:
                undecided = await docket.of_system(fact.system_id)
                await _withdraw(clockwork, undecided, f"the system lives on as {fact.into}", because_of(record))
            case _:
                pass

    return issue


def because_of(record: Record) -> Because:
    """The event that a record carries, as a cause."""
    event = record.envelope
    return Because(event_id=event.id, correlationid=event.correlationid, traceparent=event.traceparent)


def in_turn(*followers: Issue) -> Issue:
    """What several do because of a record, one after the other."""

    async def issue(record: Record) -> None:
        for follower in followers:
            await follower(record)

    return issue


async def _confirmed(clockwork: Clockwork, docket: Docket, fact: TierConfirmed, record: Record) -> None:
    because = because_of(record)
    opened_at = await clockwork.open(fact, record.envelope.recordedtime, because)
    # Only what was opened before: this record may come again after a later round has opened its own.
    older = [
        one
        for one in await docket.of_system(fact.system_id)
        if one.round < fact.round or (opened_at is not None and one.position < opened_at)
    ]
    await _withdraw(clockwork, older, f"round {fact.round} of the system's intake took its place", because)


async def _follow(
    clockwork: Clockwork, docket: Docket, fact: IntakeSubmitted | IntakeAmended, people: set[PersonId], record: Record
) -> None:
    command = FollowPeople(owner=fact.owner, people=frozenset(people), as_of=record.envelope.recordedtime)
    for entry in await docket.open_to_rulings(fact.system_id):
        await clockwork.follow_people(entry.review_id, entry.system_id, command, because_of(record))


async def _joined(clockwork: Clockwork, docket: Docket, fact: PeopleJoined, because: Because) -> None:
    await clockwork.join(fact.person, fact.other, because)
    for entry in await docket.all():
        await clockwork.follow_joining(entry.review_id, entry.system_id, because)


async def _withdraw(clockwork: Clockwork, entries: list[Entry], reason: str, because: Because) -> None:
    for entry in entries:
        await clockwork.withdraw(entry.review_id, entry.system_id, reason, because)
