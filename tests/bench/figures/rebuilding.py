"""A rebuild of reporting's tables from the log, against reading and parsing that log."""

import json
import sqlite3
import time

from services.bench.loading import service_of, site
from shared.log.rebuild import rebuild
from tests.bench.bench import Bench
from tests.bench.figure import Figure, Samples, pairs


async def against_parsing(bench: Bench) -> Samples:
    folder = await bench.portfolio()
    async with site(folder) as process:
        views, reader = service_of(process, "reporting").views, process.log.reader()

        async def rebuilt() -> float:
            done = await rebuild(views, reader)
            assert done.same
            return done.events / done.seconds

        async def parsed() -> float:
            events, began = 0, time.perf_counter()
            log = sqlite3.connect(folder / "log.db")
            for (value,) in log.execute("select value from record where topic not like '%checkpoint%'"):
                json.loads(value)
                events += 1
            log.close()
            return events / (time.perf_counter() - began)

        return await pairs(bench.pairs, rebuilt, parsed)


FIGURES = [
    Figure(
        name="rebuild",
        what="rebuild of reporting's tables from 200,000 events: fold, digest, compare, swap",
        against="reading and parsing the same log with `json`",
        unit="events/s",
        floor=0.1,
        aim=0.3,
        measure=against_parsing,
    )
]
