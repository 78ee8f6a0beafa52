"""Many append at once and dawdle inside their transactions, while a reader goes on from the last position it saw."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import asyncpg

from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EMPTY, EventStore, StreamAppend
from tests.contracts.store.appends import append, event, key
from tests.faults.checker import Findings, Held, check, check_effects
from tests.faults.experiment import Result, Row
from tests.faults.found import PAGE, in_store
from tests.faults.history import History
from tests.faults.lab import Lab
from tests.faults.line import patiently

WRITERS = 8
CLIENTS_OF_A_WRITER = 4
EVENTS_OF_AN_APPEND = 20
DAWDLE = """
    create function dawdle() returns trigger language plpgsql as $$
    begin perform pg_sleep(random() * 0.002); return null; end $$;
    create trigger dawdling after insert on {table} for each statement execute function dawdle();
"""


async def run(lab: Lab) -> Result:
    """Eight stores on one database, as eight processes have; an operation is an append to a stream of its own."""
    url, history = lab.database(), History(lab.new("history.jsonl"))
    await upgrade(url, "intake")
    await _plainly(url, DAWDLE.format(table="event"))
    stores = [await open_store(url, "intake") for _ in range(WRITERS + 1)]
    each = lab.size(6_400, 1_000_000) // (WRITERS * CLIENTS_OF_A_WRITER * EVENTS_OF_AN_APPEND)
    writing = asyncio.gather(*(_write(s, history, each) for s in stores[1:] for _ in range(CLIENTS_OF_A_WRITER)))
    seen = await _read(stores[0], writing)
    await writing
    held = await in_store(stores[0], lambda stored: stored.stream)
    for store in stores:
        await store.close()
    missed = {(e.stream, e.version) for e in held} - {(e.stream, e.version) for e in seen}
    findings = check(history.operations(), seen) + check(history.operations(), held)
    findings += Findings(skipped=sorted(f"{stream}/{version}" for stream, version in missed))
    return Result(
        findings=findings, figures={"events": len(held), "writers": WRITERS, "missed by the reader": len(missed)}
    )


async def _write(store: EventStore, history: History, appends: int) -> None:
    for _ in range(appends):
        operation = str(uuid4())
        history.invoke(operation, str(id(store)))
        events = [event() for _ in range(EVENTS_OF_AN_APPEND)]
        new = StreamAppend(stream=operation, partitionkey=operation, expected=EMPTY, events=events)
        receipt = await patiently(store.append, append(new, by=key(operation)))
        history.ok(operation, str(receipt.position))


async def _read(store: EventStore, writing: "asyncio.Future[list[None]]") -> Sequence[Held]:
    seen: list[Held] = []
    position = -1
    while not writing.done() or (await patiently(store.head)).next_position > position + 1:
        await patiently(store.grown, position, 0.2)
        for found in await patiently(store.after, position, PAGE):
            seen.append(
                Held(operation=found.stream, stream=found.stream, version=found.version, position=found.position)
            )
            position = found.position
    return seen


async def control(lab: Lab) -> Result:
    """A table numbered by a sequence, and a reader that goes on from the highest number it saw."""
    where, history = lab.database(), History(lab.new("history.jsonl"))
    await _plainly(
        where, "create table naive (id bigserial primary key, operation text);" + DAWDLE.format(table="naive")
    )
    reader = await asyncpg.connect(where.replace("+asyncpg", ""))
    each = lab.size(300, 2_000)
    writing = asyncio.gather(*(_write_naively(where, history, each) for _ in range(WRITERS)))
    seen: list[str] = []
    last, over = 0, False
    while not over:
        over = writing.done()  # looked at before the reading: what was committed by now is read once more
        rows = await reader.fetch("select id, operation from naive where id > $1 order by id", last)
        seen += [row["operation"] for row in rows]
        last = max([last, *(row["id"] for row in rows)])
    await writing
    await reader.close()
    findings = check_effects(history.operations(), seen)
    percent = 100 * len(findings.lost) / (each * WRITERS)
    return Result(findings=findings, figures={"events": each * WRITERS, "missed by the reader, %": percent})


async def _write_naively(where: str, history: History, inserts: int) -> None:
    connection = await asyncpg.connect(where.replace("+asyncpg", ""))
    for _ in range(inserts):
        operation = str(uuid4())
        history.invoke(operation, str(id(connection)))
        await connection.execute("insert into naive (operation) values ($1)", operation)
        history.ok(operation)
    await connection.close()


async def _plainly(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(statements)
    await connection.close()


ROW = Row(
    number=9,
    fault="transactions commit in another order than they began",
    injected=f"{WRITERS} writers, 0 to 2 ms of sleep inside each transaction, a reader that polls by position",
    invariants=("I1", "I3"),
    run=run,
    without="positions in commit order",
    control=control,
)
