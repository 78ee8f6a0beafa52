"""Appends while the broker and Temporal stand still, against appends while they work."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from deploy.local.platform import Platform
from tests.bench.bench import Bench
from tests.bench.clients import connections, intakes, latencies, percentile
from tests.bench.figure import Figure, Samples, pairs
from tests.bench.figures.visible import seen_in_reporting
from tests.journey.people import ROLES
from tests.journey.places import OnPlatform

CONNECTIONS = 8
PAUSE_SECONDS = 0.04


@contextmanager
def frozen(platform: Platform) -> Iterator[None]:
    """The broker and Temporal answer nobody meanwhile."""
    pids = (platform.kafka.pid, platform.temporal.pid)
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def against_working(bench: Bench) -> Samples:
    platform = bench.platform()
    place = OnPlatform(platform)
    url, token = platform.url("intake"), platform.token("rita", ROLES["rita"])

    async def p99() -> float:
        make = intakes(url, "/intake/v1/intakes", token, uuid4().hex)
        async with connections(url, CONNECTIONS) as made:
            taken = await latencies(made, make, bench.size(5, 2, 1), PAUSE_SECONDS)
        return percentile(taken, 99) * 1000

    async def while_frozen() -> float:
        with frozen(platform):
            found = await p99()
        await seen_in_reporting(place)  # what had to wait is caught up on before the other is measured
        return found

    return await pairs(bench.pairs, while_frozen, p99)


FIGURES = [
    Figure(
        name="append-frozen",
        what="p99 of `POST /intake/v1/intakes` on the platform with broker and Temporal frozen",
        against="unfrozen",
        unit="ms",
        floor=1.2,
        aim=1.05,
        more=False,
        in_short=False,
        measure=against_working,
    )
]
