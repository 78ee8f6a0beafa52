"""Records that concern the triage clocks: which workflows they start, and which running ones are to look again."""

from collections.abc import Awaitable, Callable, Sequence

from temporalio.client import Client
from temporalio.service import RPCError

from services.intake.workflows import CLOCK, TASK_QUEUE, TRIAGE_CLOCK
from shared.events.fact import Fact
from shared.events.intake import AnswersRequested, TierConfirmed, TierProposed
from shared.log.port import Record
from shared.log.starter import Start
from shared.refusals import Refused
from shared.runtime.temporal import look_again, start_clock

_UUID_LENGTH = 36


def workflow_of(intake_id: str, number: int) -> str:
    """The id of the workflow that keeps the time of an intake's round."""
    return f"{CLOCK}-{intake_id}-{number}"


def due(record: Record) -> Sequence[Start]:
    """The clock that a record starts, if any; one that runs already is not started again."""
    return due_of(record.fact, record.envelope.id)


def due_of(fact: Fact, event_id: str) -> Sequence[Start]:
    """The clock that a fact starts, if any."""
    if isinstance(fact, AnswersRequested) or (isinstance(fact, TierProposed) and fact.triage_due_at is not None):
        return [Start(workflow_of(fact.intake_id, fact.round), TRIAGE_CLOCK, event_id)]
    return []


def starting(client: Client) -> Callable[[Start], Awaitable[None]]:
    """Starts a noted clock; one that runs or ran is left alone."""

    async def start(noted: Start) -> None:
        await begin(client, noted)

    return start


async def begin(client: Client, noted: Start, *, again: bool = False) -> bool:
    """Start a round's clock; False if Temporal has it already. See `start_clock` for `again`."""
    return await start_clock(
        client,
        workflow=noted.kind,
        subject=subject_of(noted.workflow_id),
        workflow_id=noted.workflow_id,
        queue=TASK_QUEUE,
        event_id=noted.event_id,
        again=again,
    )


def subject_of(workflow_id: str) -> str:
    """The intake whose time a workflow keeps."""
    start = len(CLOCK) + 1
    return workflow_id[start : start + _UUID_LENGTH]


def ringing(client: Client | None) -> Callable[[Record], Awaitable[None]]:
    """Tells the clock of a round whose state changed to look again; a signal lost or repeated does no harm."""

    async def ring(record: Record) -> None:
        fact = record.fact
        if isinstance(fact, TierProposed | TierConfirmed | AnswersRequested):
            if client is None:
                raise Refused("unavailable", "only a process with Temporal can ring a clock")
            try:
                await look_again(client, workflow_of(fact.intake_id, fact.round))
            except RPCError as error:
                # Not the record's fault: it waits until Temporal is there again.
                raise Refused("unavailable", "Temporal can't be reached") from error

    return ring
