"""The whole way of a fact in one experiment: clients, a store, a topic, derived tables, and the verdict on them all."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from shared.events.envelope import Envelope
from shared.log.kafka import KafkaLog
from shared.log.port import LogUnavailable, facts_topic
from shared.log.projector import Projector
from shared.log.views import Views, open_views
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EventStore, Stored, StoreUnavailable
from tests.faults.checker import Findings, check, check_effects
from tests.faults.derived import Apply, count, counting, effects, expected, how_many, totals
from tests.faults.found import in_store, in_topic
from tests.faults.history import History
from tests.faults.lab import Lab

PARTITIONS = 3
PATIENCE = 90.0
BOUND_SECONDS = 10.0  # of I6
SHORT_FORM_SECONDS = 45.0  # the short form runs on machines that do other things too: it counts that it ends
PAGE = 5_000


@dataclass(slots=True)
class Line:
    """A service of its own name, so that its topic and its group are nobody else's on a shared broker."""

    service: str
    url: str
    bootstrap: str
    store: EventStore
    log: KafkaLog
    views: Views
    history: History
    ending: AsyncExitStack

    @property
    def topic(self) -> str:
        return facts_topic(self.service)

    @property
    def options(self) -> dict[str, Any]:
        """What a program needs to work on this line."""
        return {"url": self.url, "bootstrap": self.bootstrap, "service": self.service}

    def projector(self) -> Projector:
        """One more consumer of the topic."""
        return Projector(self.log.reader(), self.views)

    def start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Let it work until the line ends; what it raises before is the experiment's failure."""
        task = asyncio.create_task(work)
        self.ending.push_async_callback(ended, task)
        return task

    async def caught_up(self) -> float:
        """The seconds until every stored event has had its effect, or infinity once 90 passed without one more."""
        began = moved = time.monotonic()
        most = 0
        while time.monotonic() - moved < PATIENCE:
            try:
                had = await how_many(self.views)
                if had >= (await self.store.head()).next_position:
                    return time.monotonic() - began
            except StoreUnavailable:  # away just now: look again
                had = most
            if had > most:
                most, moved = had, time.monotonic()
            await asyncio.sleep(0.05)
        return float("inf")

    async def verdict(self, *, beside: Sequence[Envelope] = ()) -> tuple[Findings, Sequence[str]]:
        """I1, I2 and I3 by the checker; I5 and the totals in words. `beside` are events that the projection has from
        elsewhere, each once."""
        operations = self.history.operations()
        findings = check(operations, await in_store(self.store))
        findings += check(operations, await in_topic(self.log, self.topic), at_least_once=True)
        ours = Counter(await effects(self.views))
        ours.subtract(each.id for each in beside)
        findings += check_effects(operations, ours.elements())
        broken = []
        if await totals(self.views) != expected([*(each.envelope for each in await self.stored()), *beside]):
            broken.append("the totals are not those of the store")
        if not (await self.projector().rebuild()).same:
            broken.append("I5: a rebuild has another digest")
        return findings, broken

    async def stored(self) -> Sequence[Stored]:
        """Everything in the store."""
        found: list[Stored] = []
        while events := await self.store.after(len(found) - 1, PAGE):
            found += events
        return found

    async def repeats(self) -> int:
        """How many records of the topic are there again."""
        held = await in_topic(self.log, self.topic)
        return len(held) - len({each.operation for each in held})


def late(lab: Lab, seconds: float) -> Sequence[str]:
    """What I6 says of that many seconds."""
    bound = BOUND_SECONDS if lab.long else SHORT_FORM_SECONDS
    return [] if seconds <= bound else [f"I6: the lag was zero only after {seconds:.1f} s"]


@asynccontextmanager
async def laid(
    lab: Lab, bootstrap: str, *, url: str | None = None, partitions: int = PARTITIONS, apply: Apply = count
) -> AsyncIterator[Line]:
    """A new line, by default on a new PostgreSQL database; nothing runs on it yet."""
    service, url = f"faults-{uuid4().hex[:12]}", url or lab.database()
    await upgrade(url, "intake")
    async with AsyncExitStack() as ending:
        store = await open_store(url, service)
        ending.push_async_callback(store.close)
        log = KafkaLog(bootstrap)
        await log.ensure({facts_topic(service): partitions})
        views = await open_views(url, counting(service, [facts_topic(service)], apply))
        ending.push_async_callback(views.close)
        yield Line(service, url, bootstrap, store, log, views, History(lab.new("history.jsonl")), ending)


async def ended(task: "asyncio.Task[None]") -> None:
    """Ends it as a shutdown does; raises what it had ended by before."""
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    if isinstance(outcome, Exception):
        raise outcome


async def patiently(ask: Any, *given: Any) -> Any:
    """The answer of the log or the store, once it is there again."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await ask(*given)
            except (LogUnavailable, StoreUnavailable):
                await asyncio.sleep(0.1)
