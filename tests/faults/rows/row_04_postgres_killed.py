"""PostgreSQL is killed, the server and every child of it, while clients append; the same clients go on afterwards."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from unittest.mock import patch

from deploy.local.postgres import PostgresServer
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.postgres_database import SESSION
from tests.faults.checker import check
from tests.faults.clients import Clients, writing
from tests.faults.experiment import Result, Row
from tests.faults.found import in_store
from tests.faults.history import History
from tests.faults.lab import Lab

BETWEEN = 300  # acknowledged appends before a kill
READY_SECONDS = 5.0
KILLS = 3


async def run(lab: Lab) -> Result:
    """As the product runs it: an append is answered once the server has forced it to the disk."""
    return await _killed(lab, lab.size(BETWEEN, 10_000), {})


async def control(lab: Lab) -> Result:
    """A server that answers first and writes when it comes to it."""
    return await _killed(lab, BETWEEN, {"synchronous_commit": "off"})


async def _killed(lab: Lab, between: int, session: Mapping[str, str]) -> Result:
    server, history = lab.own_postgres(), History(lab.new("history.jsonl"))
    await upgrade(server.url(), "intake")
    if session:
        _freeze_the_wal_writer(server)
    with patch.dict(SESSION, session):
        store = await open_store(server.url(), "intake")
        ready = []
        async with writing(store, history, pause=0) as clients:
            for _ in range(KILLS if not session else 1):
                await clients.more(between)
                ready.append(await _kill_and_start(server, clients))
        held = await in_store(store)
        await store.close()
    return Result(
        findings=check(history.operations(), held),
        broken=[f"ready only after {each:.1f} s" for each in ready if each > READY_SECONDS],
        figures={"kills": len(ready), "acknowledged": clients.acknowledged, "slowest to be ready, s": max(ready)},
    )


def _freeze_the_wal_writer(server: PostgresServer) -> None:
    """It hands every full page to the operating system, which survives the kill: at the start of a page nothing would
    be lost."""
    os.kill(int(server.run_sql("select pid from pg_stat_activity where backend_type = 'walwriter'")), signal.SIGSTOP)


async def _kill_and_start(server: PostgresServer, clients: Clients) -> float:
    """The seconds from the start to the next acknowledgement, or to the first client that finds its work gone."""
    await asyncio.to_thread(server.kill)
    began = time.monotonic()
    await asyncio.to_thread(server.start)
    await clients.more(1)
    return time.monotonic() - began


ROW = Row(
    number=4,
    fault="PostgreSQL is killed under load",
    injected=f"SIGKILL to the server and its children ×{KILLS} under 8 clients, then a start",
    invariants=("I1", "I2", "I3"),
    run=run,
    without="the wait for the disk at a commit",
    control=control,
)
