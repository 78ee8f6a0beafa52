"""Descriptors and database connections run out under callers over HTTP, and are there again; nothing is restarted."""

import asyncio
import resource
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import patch
from uuid import uuid4

import asyncpg
import httpx2
from structlog.testing import capture_logs

from deploy.local.postgres import SETTINGS
from shared.events.intake import SystemRegistered
from shared.policy.bundle import load_bundle
from shared.store import postgres_database
from shared.store.migrate import upgrade
from shared.store.port import Stored
from tests.faults.checker import Held, check_effects
from tests.faults.experiment import Result, Row
from tests.faults.found import at_url, in_store
from tests.faults.history import History
from tests.faults.lab import Lab
from tests.journey.places import Embedded
from tests.journey.walker import Walker
from tests.services.intake.world import world

DESCRIPTORS = 64
CONNECTIONS = 20
PATIENCE = 60.0
ANSWER_SECONDS = 2.0
KEPT, IN_TIME = 201, (429, 503, 507)
Ask = Callable[[str], Awaitable[httpx2.Response]]
TAKEN = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatehouse'"


async def run(lab: Lab) -> Result:
    """Callers get a true answer or none, and with room again the same keys succeed."""
    callers = _Callers(History(lab.new("history.jsonl")))
    held = [*await _of_the_process(lab, callers), *await _of_the_server(lab, callers)]
    return callers.result(held)


async def control(lab: Lab) -> Result:
    """That a server takes no more connections is a fault like any other."""
    callers = _Callers(History(lab.new("history.jsonl")))
    known = [each for each in postgres_database.UNREACHABLE if each is not asyncpg.InsufficientResourcesError]
    # Told in full, a failure of which nobody knew takes a terminal seconds: here it is only counted.
    with patch.object(postgres_database, "UNREACHABLE", tuple(known)), capture_logs():
        return callers.result(await _of_the_server(lab, callers))


async def _of_the_process(lab: Lab, callers: "_Callers") -> Sequence[Held]:
    """Few descriptors for the product in one process, under callers of whom each comes anew."""
    place = Embedded(lab.new("place"))
    await asyncio.to_thread(place.start)

    async def ask(operation: str) -> httpx2.Response:
        body = {"name": operation, "owner": "omar"}
        with Walker(place, patience=ANSWER_SECONDS) as walker:
            return await asyncio.to_thread(walker.request, "POST", "/intake/v1/intakes", "rita", body, operation)

    try:
        await callers.until_kept(ask, [])
        with _few_descriptors(place.pid):
            waiting = await callers.ask(ask, lab.size(3, 30))
        callers.broken += [] if waiting else ["everybody got through: nothing was tried"]
        await callers.until_kept(ask, waiting)
    finally:
        await asyncio.to_thread(place.end)
    return await at_url(f"sqlite:///{place.folder / 'intake' / 'events.db'}", "intake", _registered_as)


async def _of_the_server(lab: Lab, callers: "_Callers") -> Sequence[Held]:
    """A server with few connections, and others have them all."""
    few = {"max_connections": str(CONNECTIONS), "superuser_reserved_connections": "0"}
    with patch.dict(SETTINGS, few):
        server = lab.own_postgres()
    await upgrade(server.url(), "intake")
    place = lab.new("place")
    async with world(place, load_bundle(), intake_events_url=server.url()) as intake:

        async def ask(operation: str) -> httpx2.Response:
            body = {"name": operation, "owner": "omar@example.org"}
            return await intake.post("/intakes", body, key=operation)

        await callers.until_kept(ask, await callers.ask(ask, 3))
        async with _all_taken(server.url()):
            refused = callers.told["503"]
            waiting = await callers.ask(ask, lab.size(5, 100))
        callers.broken += [] if callers.told["503"] > refused else ["nobody was told 503: nothing was tried"]
        await callers.until_kept(ask, waiting)
        return await in_store(intake.store, _registered_as)


class _Callers:
    """Callers one after the other; `told` counts their answers by status, "none" for a connection that ended or a wait
    in vain."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.told: Counter[str] = Counter()
        self.broken: list[str] = []

    async def ask(self, ask: Ask, count: int) -> Sequence[str]:
        """So many new things, once each; which of them were not acknowledged."""
        operations = [str(uuid4()) for _ in range(count)]
        for operation in operations:
            self._history.invoke(operation, "rita")
        return [operation for operation in operations if not await self._kept(ask, operation)]

    async def until_kept(self, ask: Ask, operations: Sequence[str]) -> None:
        """Ask with the same keys until all are acknowledged, and then for one thing more."""
        async with asyncio.timeout(PATIENCE):
            while operations := [each for each in operations if not await self._kept(ask, each)]:
                pass
            while await self.ask(ask, 1):
                pass

    async def _kept(self, ask: Ask, operation: str) -> bool:
        try:
            answer = await ask(operation)
        except httpx2.TransportError as cut:
            self.told["none"] += 1
            self._history.info(operation, repr(cut))
            return False
        self.told[str(answer.status_code)] += 1
        if answer.status_code == KEPT:
            self._history.ok(operation, answer.text)
            return True
        self._history.info(operation, answer.text)
        later = answer.status_code in IN_TIME and answer.headers.get("Retry-After")
        if not later and not answer.json()["type"].endswith("/idempotency-in-flight"):  # it had waited in vain before
            self.broken.append(f"I7: {answer.status_code} {answer.text}")
        return False

    def result(self, held: Sequence[Held]) -> Result:
        """Every acknowledgement against what is in the stores."""
        operations = self._history.operations()
        effects = check_effects(operations, [each.operation for each in held if each.operation])
        figures = {f"answers {status}": count for status, count in sorted(self.told.items())}
        return Result(findings=effects, broken=self.broken, figures=figures)


@contextmanager
def _few_descriptors(pid: int) -> Iterator[None]:
    """Let a process have no more than 64 for a while, or none beyond those that it has."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


@asynccontextmanager
async def _all_taken(url: str) -> AsyncIterator[None]:
    """Have every connection that the server gives, and let go of them at the end."""
    where = url.replace("+asyncpg", "")
    holders: list[asyncpg.Connection] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while len(holders) < CONNECTIONS:
                try:
                    holders.append(await asyncpg.connect(where))
                except asyncpg.TooManyConnectionsError:
                    for holder in holders[:1]:
                        await holder.execute(TAKEN)
        yield
    finally:
        for holder in holders:
            holder.terminate()


def _registered_as(stored: Stored) -> str:
    """A system bears the name of the operation that registered it; other facts are nobody's."""
    return stored.fact.name if isinstance(stored.fact, SystemRegistered) else ""


ROW = Row(
    number=23,
    fault="descriptors and connections run out",
    injected="64 descriptors (prlimit) for the product in one process; every connection of PostgreSQL taken",
    invariants=("I1", "I2", "I7"),
    run=run,
    without="telling a server that is full from a fault of ours",
    control=control,
)
