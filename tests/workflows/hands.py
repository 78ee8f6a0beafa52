"""The review clock's hands for tests: real ones, which first set the stores' clock to the server's time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from services.review.activities import ReviewHands
from services.review.domain.rules import rules_of
from services.review.handlers.consuming import Clockwork
from services.review.handlers.reviews import Reviews
from services.review.workflows import CLOCK, TASK_QUEUE, ReviewClock
from shared.runtime.codec import SealingCodec
from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import Keyring
from shared.runtime.temporal import worker
from shared.runtime.timekeeping import Next, Notice, next_instant_of, notice_of
from tests.services.review.world import TestClock, World

CODEC = SealingCodec(Keyring("test-1", {"test-1": bytes(range(32))}), LiveEntropy())
DAY = timedelta(days=1)


class SteppedHands:
    """The activities of `ReviewHands`, in step with a server that skips time; `asked` counts the questions."""

    def __init__(self, hands: ReviewHands, clock: TestClock) -> None:
        self._hands, self._clock = hands, clock
        self.asked = 0

    @activity.defn(name=next_instant_of(CLOCK))
    async def next_instant(self, review_id: str) -> Next:
        self._step()
        answer = await self._hands.next_instant(review_id)
        self.asked += 1
        return answer

    @activity.defn(name=notice_of(CLOCK))
    async def notice(self, notice: Notice) -> None:
        self._step()
        await self._hands.notice(notice)

    def _step(self) -> None:
        self._clock.now = max(self._clock.now, activity.info().current_attempt_scheduled_time)


def hands_of(review: World) -> SteppedHands:
    """Hands over the store of a running review."""
    reviews = Reviews(store=review.store, rules=rules_of(review.parts.bundle))
    return SteppedHands(ReviewHands(Clockwork(reviews)), review.clock)


def clock_worker(client: Client, hands: SteppedHands | ReviewHands) -> Worker:
    """A worker as the role worker has it."""
    return worker(client, TASK_QUEUE, [ReviewClock], [hands.next_instant, hands.notice])


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a condition that the worker brings about, which tells nobody."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.01)


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 40) -> None:
    """Wait for a condition that has to be asked of an engine."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - engines tell nobody
            await asyncio.sleep(0.05)
