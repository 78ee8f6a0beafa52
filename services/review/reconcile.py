"""`gatehouse workflows reconcile`: every undecided review has its clock again, whatever became of Temporal's data."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from services.review.consumer.docket import Docket, Entry
from services.review.consumer.workflow_starts import begin, workflow_of
from services.review.workflows import REVIEW_CLOCK
from shared.log.starter import Start
from shared.store.errors import StoreUnavailable
from shared.store.port import EventStore

AT_ONCE: Final = 16
EVERY: Final = timedelta(hours=1)
FIRST_PAUSE: Final = timedelta(seconds=5)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`expected` reviews are undecided and need a clock: `running` had one, `started` got one. `settled` need none."""

    expected: int
    running: int
    started: int
    settled: int


async def reconcile(store: EventStore, client: Client) -> Reconciled:
    """Ask Temporal for the clock of each undecided review in the event log, and start what is missing.

    A clock that starts late asks for the next instant first: it goes on with the time that is left.
    """
    docket = Docket(store)
    entries = await docket.all()
    turns = asyncio.Semaphore(AT_ONCE)
    started = await asyncio.gather(*(_ensure(client, entry, turns) for entry in entries))
    return Reconciled(len(entries), len(entries) - sum(started), sum(started), docket.settled)


class Reconciler:
    """Reconciles when a worker begins, and every hour."""

    def __init__(self, store: EventStore, client: Client) -> None:
        self.name = "gatehouse/review/reconciler"
        self._store, self._client = store, client

    async def run(self) -> None:
        """Work until cancelled; while the store or Temporal is away, try again soon."""
        while True:
            pause = EVERY
            try:
                log.info("workflows reconciled", **asdict(await reconcile(self._store, self._client)))
            except (RPCError, StoreUnavailable) as fault:
                log.warning("reconciling waits", reason=repr(fault))
                pause = FIRST_PAUSE
            await asyncio.sleep(pause.total_seconds())


async def _ensure(client: Client, entry: Entry, turns: asyncio.Semaphore) -> bool:
    """Whether the review's clock had to be started."""
    workflow_id = workflow_of(entry.review_id)
    async with turns:
        if await _runs(client, workflow_id):
            return False
        return await begin(client, Start(workflow_id, REVIEW_CLOCK, entry.event_id), again=True)


async def _runs(client: Client, workflow_id: str) -> bool:
    try:
        described = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return described.status is WorkflowExecutionStatus.RUNNING
