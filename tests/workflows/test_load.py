"""1,067 reviews run out within one minute, as after the import of a portfolio: all are noticed within two.

Everything is in this one process, as in the embedded run: the application on a real socket, relays, consumers, the
worker. The API is asked all the while; its latencies are printed (`pytest -s`) and bounded.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text
from temporalio.client import Client

from deploy.local.temporal import TemporalServer
from shared.events.review import ClockBreached, ReviewOpened
from shared.log.starter import Starter
from shared.policy.bundle import Bundle
from shared.runtime.serving import server
from shared.runtime.temporal import connect
from tests.engines import engine_folder, or_missing
from tests.services.review.world import World, link, world
from tests.workflows.hands import CODEC, clock_worker, eventually
from tests.workflows.real_time import RealClock, confirm_many, real_hands

pytestmark = [pytest.mark.temporal, pytest.mark.slow, pytest.mark.timeout(300)]
REVIEWS = 1067
LEFT = timedelta(seconds=60)
REQUESTS_PER_SECOND = 10
P99_SECONDS = 1.0
"""What a caller may wait at the worst of it, on two cores shared with Temporal, the relays and the worker."""


@dataclass
class Asked:
    """The seconds that requests took, by the moment at which they were sent."""

    took: list[tuple[datetime, float]] = field(default_factory=list)

    def p99(self, since: datetime, until: datetime) -> float:
        """Of the requests sent in that time, in seconds; not a number where there were none."""
        took = sorted(seconds for at, seconds in self.took if since <= at <= until)
        return took[math.ceil(len(took) * 0.99) - 1] if took else math.nan


@asynccontextmanager
async def listening(review: World) -> AsyncIterator[str]:
    """The application on a socket; its address."""
    serving = server(review.app, "127.0.0.1", 0)
    task = asyncio.create_task(serving.main())
    while not serving.started:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    port = serving.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.should_exit = True
        await task


async def ask(review: World, address: str, reviews: list[str], asked: Asked) -> None:
    """Reads and writes at a steady pace, whatever the answers take, until cancelled."""
    headers = review.as_("rita")
    async with httpx2.AsyncClient(base_url=address, timeout=30) as client, asyncio.TaskGroup() as sent:

        async def one(number: int) -> None:
            path, began, at = f"/review/v1/reviews/{reviews[number % REVIEWS]}", time.monotonic(), datetime.now(UTC)
            if number % 4 == 0:
                own = headers | {"Idempotency-Key": str(uuid4())}
                answer = await client.post(f"{path}/evidence/links", json=link(), headers=own)
            else:
                answer = await client.get(path, headers=headers)
            assert answer.status_code in (200, 201), answer.text
            asked.took.append((at, time.monotonic() - began))

        for number in range(10_000):
            sent.create_task(one(number * 97))
            await asyncio.sleep(1 / REQUESTS_PER_SECOND)


async def test_all_are_noticed_within_two_minutes(tmp_path: Path, bundle: Bundle) -> None:
    with engine_folder("temporal") as folder, or_missing(lambda: TemporalServer(folder)) as temporal:
        client, clock, asked = await connect(temporal.address, "default", CODEC), RealClock(), Asked()
        async with world(tmp_path, bundle, client, clock) as review, clock_worker(client, real_hands(review)):
            clock.due(datetime.now(UTC))
            await review.staffed()
            await confirm_many(review, clock, range(REVIEWS), due=datetime.now(UTC) + LEFT)
            clock.behind = timedelta(0)
            reviews = [one.review_id for one in await review.facts(ReviewOpened)]
            assert len(reviews) == REVIEWS

            starter = next(one for one in review.service.starters if isinstance(one, Starter))

            async def all_started() -> bool:
                return await workflows(client) == REVIEWS and await starter.pending() == 0

            await eventually(all_started, seconds=100)
            started = datetime.now(UTC)
            async with listening(review) as address:
                asking = asyncio.create_task(ask(review, address, reviews, asked))

                async def all_noticed() -> bool:
                    return await breached(review) == REVIEWS

                try:
                    await eventually(all_noticed, seconds=200)
                finally:
                    asking.cancel()
                    with suppress(asyncio.CancelledError):
                        await asking
            report(await review.facts(ClockBreached), asked, started)


async def breached(review: World) -> int:
    """How many breaches the store holds; counted by the engine, for reading them all would be a load by itself."""
    query = text("SELECT count(*) FROM event WHERE type = 'gatehouse.review.clock_breached.v1'")
    async with review.store.database.reading() as connection:
        return int((await connection.execute(query)).scalar_one())


async def workflows(client: Client) -> int:
    """How many clocks Temporal has."""
    return (await client.count_workflows()).count


def report(breaches: list[ClockBreached], asked: Asked, started: datetime) -> None:
    first, last = min(one.due_at for one in breaches), max(one.due_at for one in breaches)
    assert last - first <= timedelta(minutes=1)
    noticed = max(one.noticed_at for one in breaches)
    lateness = sorted((one.noticed_at - one.due_at).total_seconds() for one in breaches)
    before, meanwhile = asked.p99(started, first), asked.p99(first, noticed)
    print(  # noqa: T201 - a measurement is for people
        f"\n{len(breaches)} reviews due within {(last - first).total_seconds():.1f} s; noticed within "
        f"{(noticed - first).total_seconds():.1f} s of the first; lateness p50 {lateness[len(lateness) // 2]:.1f} s, "
        f"max {lateness[-1]:.1f} s; API p99 {before * 1000:.0f} ms before, {meanwhile * 1000:.0f} ms meanwhile "
        f"({len(asked.took)} requests)"
    )
    assert noticed - first <= timedelta(minutes=2)
    assert meanwhile <= P99_SECONDS
