"""How long after it was posted an intake is seen in reporting."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx2

from tests.bench.bench import Bench
from tests.bench.clients import percentile
from tests.bench.figure import Figure, Samples
from tests.journey.places import OnPlatform, Place, embedded

WHAT = "`POST` of an intake to visible in reporting's audit trail, p95, "


async def when_embedded(bench: Bench) -> Samples:
    with embedded(bench.lab.new("embedded")) as place:
        return Samples(ours=await _until_seen(place, bench.size(40, 12, 2), bench.pairs))


async def on_the_platform(bench: Bench) -> Samples:
    return Samples(ours=await _until_seen(OnPlatform(bench.platform()), bench.size(40, 12, 2), bench.pairs))


async def seen_in_reporting(place: Place) -> float:
    """Post an intake; the seconds until reporting shows it."""
    async with _clients(place) as (asking, seeing):
        return await _one(asking, seeing)


async def _until_seen(place: Place, posts: int, rounds: int) -> Sequence[float]:
    """The 95th percentile of each round, in seconds."""
    async with _clients(place) as (asking, seeing):
        await _one(asking, seeing)
        return [percentile([await _one(asking, seeing) for _ in range(posts)], 95) for _ in range(rounds)]


@asynccontextmanager
async def _clients(place: Place) -> AsyncIterator[tuple[httpx2.AsyncClient, httpx2.AsyncClient]]:
    requester, auditor = ({"Authorization": f"Bearer {place.token(name)}"} for name in ("rita", "operator"))
    async with (
        httpx2.AsyncClient(base_url=place.url("intake"), headers=requester, timeout=30) as asking,
        httpx2.AsyncClient(base_url=place.url("reporting"), headers=auditor, timeout=30) as seeing,
    ):
        yield asking, seeing


async def _one(asking: httpx2.AsyncClient, seeing: httpx2.AsyncClient) -> float:
    said = {"name": f"System {uuid4()}", "owner": "operator"}
    began = time.perf_counter()
    answer = await asking.post("/intake/v1/intakes", json=said, headers={"Idempotency-Key": str(uuid4())})
    assert answer.status_code == 201, answer.text
    system = answer.json()["system_id"]
    while True:
        trail = await seeing.get("/reporting/v1/audit", params={"system": system})
        if trail.raise_for_status().json()["items"]:
            return time.perf_counter() - began


FIGURES = [
    Figure(
        name="visible-embedded",
        what=f"{WHAT}embedded",
        unit="s",
        floor=0.5,
        aim=0.15,
        more=False,
        measure=when_embedded,
    ),
    Figure(
        name="visible-platform",
        what=f"{WHAT}platform",
        unit="s",
        floor=0.5,
        aim=0.15,
        more=False,
        in_short=False,
        measure=on_the_platform,
    ),
]
