"""A program that is review's worker, and kills itself between the effect of an activity and the report of it."""

import asyncio
import json
import os
import signal
import sys
from uuid import uuid4

from temporalio import activity

from services.review.activities import ReviewHands
from services.review.domain.rules import rules_of
from services.review.handlers.consuming import Clockwork
from services.review.handlers.reviews import Reviews, stream_of
from services.review.workflows import CLOCK, TASK_QUEUE, ReviewClock
from shared.events.review import ClockBreached
from shared.policy.bundle import load_bundle
from shared.runtime.temporal import connect, worker
from shared.runtime.timekeeping import Next, Notice, next_instant_of, notice_of
from shared.store.open import open_store
from shared.store.port import Append, Context, NewEvent, StreamAppend
from tests.workflows.hands import CODEC


class Hands:
    """Review's own hands. With `dies` the process ends once a notice is in the store and Temporal does not know;
    without `asks` the notice is given blindly."""

    def __init__(self, reviews: Reviews, *, dies: bool, asks: bool) -> None:
        self._reviews, self._own = reviews, ReviewHands(Clockwork(reviews))
        self._dies, self._asks = dies, asks

    @activity.defn(name=next_instant_of(CLOCK))
    async def next_instant(self, review_id: str) -> Next:
        return await self._own.next_instant(review_id)

    @activity.defn(name=notice_of(CLOCK))
    async def notice(self, notice: Notice) -> None:
        await (self._own.notice(notice) if self._asks else self._blindly(notice))
        if self._dies:
            os.kill(os.getpid(), signal.SIGKILL)

    async def _blindly(self, notice: Notice) -> None:
        seen = await self._reviews.read(notice.subject)
        opened, at = seen.case.opened, notice.due_at
        breach = ClockBreached(
            review_id=seen.review_id, clock="gathering", due_at=at, noticed_at=seen.now, holder="submitter"
        )
        event = NewEvent(id=str(uuid4()), fact=breach, time=at)
        stream = StreamAppend(
            stream=stream_of(seen.review_id), partitionkey=opened.system_id, expected=seen.version, events=[event]
        )
        context = Context(authtype="system", authid="gatehouse/review/clock", correlationid=opened.intake_id)
        await self._reviews.store.append(Append(streams=[stream], context=context))


async def main(address: str, url: str, dies: bool, asks: bool) -> None:
    client, store = await connect(address, "default", CODEC), await open_store(url, "review")
    hands = Hands(Reviews(store=store, rules=rules_of(load_bundle())), dies=dies, asks=asks)
    async with worker(client, TASK_QUEUE, [ReviewClock], [hands.next_instant, hands.notice]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
