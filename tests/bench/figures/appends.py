"""Appends on PostgreSQL by 64 writers, against one commit per append, and against pgbench inserting bare rows."""

import asyncio
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from unittest.mock import patch
from uuid import uuid4

from sqlalchemy import make_url

from shared.events.intake import SystemRegistered
from shared.store import batching
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import Append, Context, EventStore, NewEvent, StreamAppend
from tests.bench.bench import Bench
from tests.bench.figure import Figure, Sample, Samples, pairs

WRITERS = 64
CLIENTS = 32
WHAT = "appends of one event each, PostgreSQL, 64 writers"
PERSON = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
BARE = "create table bare (id bigserial primary key, stream text not null, body bytea not null)"
ROW = "insert into bare (stream, body) values ('system/' || gen_random_uuid()::text, '{body}');\n"


def appended(*, facts: int = 1) -> Append:
    """An append of that many facts to a stream that nobody knows yet."""
    system, now = str(uuid4()), datetime.now(UTC)
    fact = SystemRegistered(
        system_id=system, name=f"System {system}", owner=PERSON, requester=PERSON, region="DE", product_area="Cards"
    )
    events = [NewEvent(id=str(uuid4()), fact=fact, time=now) for _ in range(facts)]
    stream = StreamAppend(stream=f"system/{system}", partitionkey=system, expected=-1, events=events)
    return Append(streams=[stream], context=Context(authtype="app_user", authid=PERSON, correlationid=system))


async def against_one_commit_each(bench: Bench) -> Samples:
    async with _store(bench) as (store, _):
        together = _rate(store, bench.seconds)

        async def one_each() -> float:
            with patch.object(batching, "LARGEST_BATCH", 1):
                return await together()

        return await pairs(bench.pairs, together, one_each)


async def against_pgbench(bench: Bench) -> Samples:
    async with _store(bench) as (store, url):
        server, database = bench.lab.engines.postgres(), make_url(url).database
        server.run_sql(BARE, database=database or "")
        script = bench.lab.new("bare.sql")
        one = await store.after(-1, 1) if (await store.append(appended())).count else []
        script.write_text(ROW.format(body="x" * len(one[0].body)))
        seconds = max(1, round(bench.seconds))
        command = [server.programs / "pgbench", "-h", "127.0.0.1", "-p", str(server.port), "-U", make_url(url).username]
        command += ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds), "-f", script, database]
        environment = {**os.environ, "PGPASSWORD": server.password}

        async def bare_rows() -> float:
            done = await asyncio.to_thread(
                subprocess.run, command, env=environment, capture_output=True, text=True, check=True
            )
            found = re.search(r"^tps = ([\d.]+)", done.stdout, flags=re.MULTILINE)
            assert found is not None, done.stdout
            return float(found[1])

        return await pairs(bench.pairs, _rate(store, bench.seconds), bare_rows)


@asynccontextmanager
async def _store(bench: Bench) -> AsyncIterator[tuple[EventStore, str]]:
    url = bench.lab.database()
    await upgrade(url, "intake")
    store = await open_store(url, "intake")
    try:
        yield store, url
    finally:
        await store.close()


def _rate(store: EventStore, seconds: float) -> Sample:
    async def sample() -> float:
        done, began = 0, time.perf_counter()

        async def write() -> None:
            nonlocal done
            while time.perf_counter() < began + seconds:
                receipt = await store.append(appended())
                done += receipt.count

        await asyncio.gather(*(write() for _ in range(WRITERS)))
        return done / (time.perf_counter() - began)

    return sample


FIGURES = [
    Figure(
        name="appends-group",
        what=WHAT,
        against="one commit per append, same function",
        unit="events/s",
        floor=5,
        aim=11,
        measure=against_one_commit_each,
    ),
    Figure(
        name="appends-pgbench",
        what=WHAT,
        against="`pgbench` with 32 clients inserting bare rows of the same size",
        unit="rows/s",
        floor=0.5,
        aim=0.8,
        measure=against_pgbench,
    ),
]
