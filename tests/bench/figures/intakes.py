"""Durable intakes over HTTP, against an app that does nothing, and against ours when it stores nothing."""

from uuid import uuid4

from tests.bench.bench import Bench
from tests.bench.clients import connections, intakes, rate
from tests.bench.figure import Figure, Sample, Samples, pairs
from tests.bench.serving import PREFIX

CONNECTIONS = 32
WHAT = "durable `POST /intake/v1/intakes`, one process in role api, 32 connections, SQLite with full sync"


def _rate(bench: Bench, url: str, path: str, token: str) -> Sample:
    async def sample() -> float:
        async with connections(url, CONNECTIONS) as made:
            return await rate(made, intakes(url, path, token, uuid4().hex), bench.seconds)

    return sample


def _durable(bench: Bench) -> Sample:
    ours = bench.gatehouse()
    return _rate(bench, ours.url, "/intake/v1/intakes", ours.token)


async def against_bare(bench: Bench) -> Samples:
    return await pairs(bench.pairs, _durable(bench), _rate(bench, bench.bare().url, "/intakes", ""))


async def against_no_op(bench: Bench) -> Samples:
    ours = bench.gatehouse()
    return await pairs(bench.pairs, _durable(bench), _rate(bench, ours.url, f"{PREFIX}/noop", ours.token))


FIGURES = [
    Figure(
        name="intakes-bare",
        what=WHAT,
        against="a bare FastAPI app: pydantic model, no storage, no authentication",
        unit="requests/s",
        floor=0.2,
        aim=0.35,
        measure=against_bare,
    ),
    Figure(
        name="intakes-noop",
        what=WHAT,
        against="the same app answering a validated, authenticated no-op",
        unit="requests/s",
        floor=0.5,
        aim=0.7,
        measure=against_no_op,
    ),
]
