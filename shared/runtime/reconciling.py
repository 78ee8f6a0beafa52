"""Clocks that the event log expects against clocks that Temporal keeps: what is missing is started (DESIGN 7).

Losing Temporal's database loses nothing: a clock that starts late asks for the next instant first, and so goes on with
the time that is left.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from shared.log.starter import Start
from shared.runtime.temporal import RPC_TIMEOUT
from shared.store.errors import StoreUnavailable

AT_ONCE: Final = 16
EVERY: Final = timedelta(hours=1)
FIRST_PAUSE: Final = timedelta(seconds=5)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`expected` clocks are needed: `running` ran, `started` had to be started. `settled` subjects need none."""

    expected: int
    running: int
    started: int
    settled: int


@dataclass(frozen=True, slots=True)
class Expected:
    """The clocks that the event log expects, and how many subjects are settled."""

    clocks: Sequence[Start]
    settled: int


Ask = Callable[[], Awaitable[Expected]]
Begin = Callable[[Start], Awaitable[bool]]
"""Starts a clock, whatever became of earlier runs; False if Temporal has it already."""


async def reconcile(client: Client, ask: Ask, begin: Begin) -> Reconciled:
    """Ask Temporal for every clock that the log expects, and start what is missing."""
    expected, started = await ask(), 0
    waiting = iter(expected.clocks)

    async def ensure() -> None:
        nonlocal started
        for clock in waiting:
            if not await _runs(client, clock.workflow_id) and await begin(clock):
                started += 1

    try:
        async with asyncio.TaskGroup() as turns:  # the first that fails ends the others: who tries again begins anew
            for _ in range(AT_ONCE):
                turns.create_task(ensure())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return Reconciled(len(expected.clocks), len(expected.clocks) - started, started, expected.settled)


class Reconciler:
    """Reconciles a service's clocks when a worker begins, and every hour."""

    def __init__(self, service: str, client: Client, ask: Ask, begin: Begin) -> None:
        self.name = f"gatehouse/{service}/reconciler"
        self._client, self._ask, self._begin = client, ask, begin

    async def once(self) -> Reconciled:
        """Reconcile now."""
        return await reconcile(self._client, self._ask, self._begin)

    async def run(self) -> None:
        """Work until cancelled; while the store or Temporal is away, try again soon."""
        while True:
            pause = EVERY
            try:
                log.info("workflows reconciled", by=self.name, **asdict(await self.once()))
            except (RPCError, StoreUnavailable) as fault:
                log.warning("reconciling waits", by=self.name, reason=repr(fault))
                pause = FIRST_PAUSE
            await asyncio.sleep(pause.total_seconds())


async def _runs(client: Client, workflow_id: str) -> bool:
    try:
        described = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return described.status is WorkflowExecutionStatus.RUNNING
