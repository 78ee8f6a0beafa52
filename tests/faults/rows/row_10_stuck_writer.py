"""Somebody holds the append lock: first one that works on and on, then one that forgot its transaction."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from unittest.mock import patch
from uuid import uuid4

import asyncpg

from shared.events.intake import SystemRegistered
from shared.policy.bundle import load_bundle
from shared.store import postgres
from shared.store.migrate import upgrade
from shared.store.port import Stored
from shared.store.postgres_database import SESSION
from tests.faults.checker import check, check_effects
from tests.faults.experiment import Result, Row
from tests.faults.found import in_store
from tests.faults.history import History
from tests.faults.lab import Lab
from tests.services.intake.world import World, world

LOCK = "SELECT pg_advisory_xact_lock(4715600212389713)"
ANSWERED_SECONDS = 5.0
PATIENCE = 90.0
IN_TIME = (201, 503)


async def run(lab: Lab) -> Result:
    """Callers get 503 in time while it lasts; one that idles is ended by the server itself."""
    return await _stuck(lab, lab.size(4, 60), idles=True)


async def control(lab: Lab) -> Result:
    """Without the two bounds: the server's on the lock, and ours on the answer."""
    with patch.dict(SESSION, lock_timeout="0"), patch.object(postgres, "ANSWER_SECONDS", PATIENCE):
        return await _stuck(lab, 7, idles=False)


async def _stuck(lab: Lab, seconds: float, *, idles: bool) -> Result:
    url, history = lab.database(), History(lab.new("history.jsonl"))
    await upgrade(url, "intake")
    told: Counter[str] = Counter()
    waits: list[float] = []
    broken: list[str] = []
    urls = {"intake_events_url": url, "intake_views_url": url}
    async with world(lab.new("place"), load_bundle(), **urls) as intake:
        await _ask(intake, history, told, waits, broken)
        async with _holding(url, {}) as holder:
            working = asyncio.create_task(holder.execute(f"SELECT pg_sleep({seconds}); COMMIT"))
            while not working.done():
                await _ask(intake, history, told, waits, broken, once=True)
        idle_seconds = 0.0
        if idles:
            timeout = SESSION["idle_in_transaction_session_timeout"] if lab.long else "4s"
            async with _holding(url, {**SESSION, "idle_in_transaction_session_timeout": timeout}) as holder:
                began = time.monotonic()
                await _ask(intake, history, told, waits, broken)
                idle_seconds = time.monotonic() - began
                broken += [] if await _was_ended(holder) else ["the server did not end the one that idles"]
        await _ask(intake, history, told, waits, broken)
        held = await in_store(intake.store, _registered_as)
    if max(waits) > ANSWERED_SECONDS:
        broken.append(f"I7: an answer took {max(waits):.1f} s")
    operations = history.operations()
    findings = check(operations, held) + check_effects(operations, [each.operation for each in held if each.operation])
    figures = {f"answers {status}": count for status, count in sorted(told.items())}
    return Result(
        findings=findings,
        broken=broken,
        figures={**figures, "slowest answer, s": max(waits), "an idle holder lasted, s": idle_seconds},
    )


@asynccontextmanager
async def _holding(url: str, session: Mapping[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """A session in a transaction that has the append lock."""
    holder = await asyncpg.connect(url.replace("+asyncpg", ""), server_settings=dict(session))
    try:
        await holder.execute("BEGIN")
        await holder.execute(LOCK)
        yield holder
    finally:
        holder.terminate()


async def _was_ended(holder: asyncpg.Connection) -> bool:
    """Whether the server has ended it; the lock is free a moment before the word of that is here."""
    ended = asyncio.Event()
    holder.add_termination_listener(lambda _: ended.set())
    with suppress(TimeoutError):
        if not holder.is_closed():
            await asyncio.wait_for(ended.wait(), ANSWERED_SECONDS)
    return bool(holder.is_closed())


async def _ask(
    intake: World, history: History, told: Counter[str], waits: list[float], broken: list[str], *, once: bool = False
) -> None:
    """One more system to register, asked again with its key until it is, or only once."""
    operation = str(uuid4())
    history.invoke(operation, "rita")
    async with asyncio.timeout(PATIENCE):
        while True:
            began = time.monotonic()
            answer = await intake.post("/intakes", {"name": operation, "owner": "omar@example.org"}, key=operation)
            waits.append(time.monotonic() - began)
            told[str(answer.status_code)] += 1
            if answer.status_code == 201:
                history.ok(operation, answer.text)
                return
            history.info(operation, answer.text)
            if answer.status_code not in IN_TIME or not 0 < int(answer.headers.get("Retry-After", "0")) <= 5:
                broken.append(f"I7: {answer.status_code} {answer.text}")
            if once:
                return


def _registered_as(stored: Stored) -> str:
    return stored.fact.name if isinstance(stored.fact, SystemRegistered) else ""


ROW = Row(
    number=10,
    fault="a session holds the append lock",
    injected="for 60 s at work, then one that idles in its transaction; callers over HTTP",
    invariants=("I1", "I3", "I7"),
    run=run,
    without="the bounds on waiting for the lock and for the answer",
    control=control,
)
