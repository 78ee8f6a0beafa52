"""Records that concern the review clocks: which workflows they start, and which running ones are to look again."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeGuard

from temporalio.client import Client
from temporalio.service import RPCError

from services.review.domain.clock import SIGNOFF
from services.review.handlers.consuming import Clockwork
from services.review.workflows import CLOCK, REVIEW_CLOCK, TASK_QUEUE
from shared.events.envelope import Envelope
from shared.events.fact import Fact
from shared.events.review import (
    ChangesAnswered,
    ClockStarted,
    DecisionRecorded,
    EvidenceAttached,
    EvidenceSubmitted,
    RecusalDeclared,
    ResponsibilityChanged,
    ReviewOpened,
    ReviewWithdrawn,
    SignedOff,
)
from shared.log.port import Record
from shared.log.starter import Start
from shared.refusals import Refused
from shared.runtime.temporal import look_again, start_clock

MOVES = (
    EvidenceAttached,
    EvidenceSubmitted,
    SignedOff,
    ChangesAnswered,
    RecusalDeclared,
    ResponsibilityChanged,
    DecisionRecorded,
    ReviewWithdrawn,
)
"""The facts with which people move clocks. Whatever else their command appended is in the store with them."""


def workflow_of(review_id: str) -> str:
    """The id of the workflow that keeps a review's time."""
    return f"{CLOCK}-{review_id}"


def subject_of(workflow_id: str) -> str:
    """The review whose time a workflow keeps."""
    return workflow_id.removeprefix(f"{CLOCK}-")


def due(record: Record) -> Sequence[Start]:
    """The clock that a record starts, if any."""
    if isinstance(record.fact, ReviewOpened):
        return [Start(workflow_of(record.fact.review_id), REVIEW_CLOCK, record.envelope.id)]
    return []


def starting(client: Client, clockwork: Clockwork) -> Callable[[Start], Awaitable[None]]:
    """Starts a noted clock; one that runs or ran is left alone, and a review settled meanwhile needs none."""

    async def start(noted: Start) -> None:
        if not (await clockwork.coming(subject_of(noted.workflow_id))).settled:
            await begin(client, noted)

    return start


async def begin(client: Client, noted: Start, *, again: bool = False) -> bool:
    """Start a review's clock; False if Temporal has it already. See `start_clock` for `again`."""
    return await start_clock(
        client,
        workflow=noted.kind,
        subject=subject_of(noted.workflow_id),
        workflow_id=noted.workflow_id,
        queue=TASK_QUEUE,
        event_id=noted.event_id,
        again=again,
    )


def ringing(client: Client | None) -> Callable[[Record], Awaitable[None]]:
    """Tells the clock of a review that people moved to look again; a signal lost or repeated does no harm."""

    async def ring(record: Record) -> None:
        if isinstance(record.fact, MOVES) or _caused(record.fact, record.envelope):
            if client is None:
                raise Refused("unavailable", "only a process with Temporal can ring a clock")
            try:
                await look_again(client, workflow_of(record.fact.review_id))
            except RPCError as error:
                # Not the record's fault: it waits until Temporal is there again.
                raise Refused("unavailable", "Temporal can't be reached") from error

    return ring


def _caused(fact: Fact, envelope: Envelope) -> TypeGuard[ClockStarted]:
    """Whether a sign-off's clock runs again because of another service's fact: it alone may say so."""
    return isinstance(fact, ClockStarted) and fact.clock.startswith(SIGNOFF) and envelope.causationid is not None
