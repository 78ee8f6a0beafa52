"""The disk under the event store fills up, and later has room again; callers over HTTP, nothing is restarted."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from unittest.mock import patch
from uuid import uuid4

from shared.events.intake import SystemRegistered
from shared.policy.bundle import load_bundle
from shared.store.batching import Outcome
from shared.store.drafting import Drafted
from shared.store.port import Stored
from shared.store.sqlite import SqliteStore
from shared.store.sqlite_batch import Batch, head_of
from tests.faults.checker import check, check_effects
from tests.faults.experiment import Result, Row
from tests.faults.found import in_store
from tests.faults.history import History
from tests.faults.lab import Lab
from tests.faults.small_disk import small_disk
from tests.services.intake.world import World, world

CALLERS = 8
MOST_ROUNDS = 20
PATIENCE = 60.0
TOLD = ("application/problem+json", 507)


async def run(lab: Lab) -> Result:
    """What finds no room is told so and not kept; with room again, the same keys succeed."""
    return await _filled(lab, lab.size(2, 20))


async def control(lab: Lab) -> Result:
    """A store that answers whether or not its commit succeeded."""
    with patch.object(SqliteStore, "_append_all", careless):
        return await _filled(lab, 1)


def careless(self: SqliteStore, connection: sqlite3.Connection, commands: Sequence[Drafted]) -> Sequence[Outcome]:
    """As `_append_all`, believing every write."""
    connection.execute("BEGIN IMMEDIATE")
    head = head_of(connection)
    batch = Batch(connection, head.next_position, self._now(head.recordedtime), commands)
    outcomes = [batch.take(command) for command in commands]
    with suppress(sqlite3.OperationalError):
        batch.write()
        connection.execute("COMMIT")
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    return outcomes


async def _filled(lab: Lab, times: int) -> Result:
    with small_disk(lab.new("disk"), mebibytes=lab.size(8, 64)) as disk:
        file = disk.folder / "events.db"
        async with world(lab.new("place"), load_bundle(), intake_events_url=f"sqlite:///{file}") as intake:
            callers = _Callers(intake, History(lab.new("history.jsonl")))
            for _ in range(times):
                await callers.ask(rounds=2)
                disk.fill()
                refused = callers.told["507"]
                waiting = await callers.until_refused()
                callers.broken += [] if callers.told["507"] > refused else ["nobody was told 507: nothing was tried"]
                disk.free()
                await callers.again(waiting)
            held = await in_store(intake.store, _registered_as)
        with closing(sqlite3.connect(file)) as connection:
            (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
    operations = callers.history.operations()
    return Result(
        findings=check(operations, held) + check_effects(operations, [e.operation for e in held if e.operation]),
        broken=[*callers.broken, *([] if sound == "ok" else [f"integrity_check: {sound}"])],
        figures={"times full": times, **{f"answers {each}": n for each, n in sorted(callers.told.items())}},
    )


class _Callers:
    """Several at once, so that what finds no room is a batch; `told` counts their answers by status."""

    def __init__(self, intake: World, history: History) -> None:
        self._intake, self.history = intake, history
        self.told: Counter[str] = Counter()
        self.broken: list[str] = []

    async def ask(self, rounds: int) -> None:
        """Each has something registered, so often."""
        for _ in range(rounds):
            await self.again([self._new() for _ in range(CALLERS)])

    async def until_refused(self) -> Sequence[str]:
        """Go on until nobody finds room any more, or that never happens; what they had asked for last."""
        for _ in range(MOST_ROUNDS):
            asked = [self._new() for _ in range(CALLERS)]
            if not any(await asyncio.gather(*map(self._once, asked))):
                break
        answer = await self._intake.get("/systems")
        self.broken += [] if answer.status_code == 200 else [f"a reader was told {answer.status_code}"]
        return asked

    async def again(self, operations: Sequence[str]) -> None:
        """Ask with the same keys until all have been told that it is kept."""
        async with asyncio.timeout(PATIENCE):
            while operations := [
                each
                for each, kept in zip(operations, await asyncio.gather(*map(self._once, operations)), strict=True)
                if not kept
            ]:
                pass

    def _new(self) -> str:
        operation = str(uuid4())
        self.history.invoke(operation, "rita")
        return operation

    async def _once(self, operation: str) -> bool:
        body = {"name": operation, "owner": "omar@example.org"}
        answer = await self._intake.post("/intakes", body, key=operation)
        self.told[str(answer.status_code)] += 1
        if answer.status_code == 201:
            self.history.ok(operation, answer.text)
            return True
        self.history.info(operation, answer.text)
        if (answer.headers["Content-Type"], answer.status_code) != TOLD or not answer.headers.get("Retry-After"):
            self.broken.append(f"I7: {answer.status_code} {answer.text}")
        return False


def _registered_as(stored: Stored) -> str:
    """A system bears the name of the operation that registered it; other facts are nobody's."""
    return stored.fact.name if isinstance(stored.fact, SystemRegistered) else ""


ROW = Row(
    number=7,
    fault="the disk under the events is full",
    injected="a tmpfs of 8 MiB (long form: 64), filled under 8 callers over HTTP and freed again",
    invariants=("I1", "I3", "I7"),
    run=run,
    without="believing the commit (an answer whether or not it succeeded)",
    control=control,
)
