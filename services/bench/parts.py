"""What is measured of a site: each part of the product on the log as it stands.

A part that works through events tells events per second; one that answers, milliseconds.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.bench.facts import PEOPLE
from services.bench.lives import BEGIN, SPAN
from services.bench.loading import TOLD, Portfolio, followed, held_by, relayed, service_of, signed, site
from services.process import Process
from services.reporting.queries.kpis import Asking, report
from services.reporting.queries.reading import EVERYTHING
from services.reporting.queries.trail import Sought, entries
from services.verifying.places import data_folder
from services.verifying.verdict import Memory, examined, verdict
from shared.log.rebuild import rebuild
from shared.runtime.cursors import Page
from shared.runtime.service import Service
from shared.transparency.receipt import receipt_for
from shared.transparency.tile_store import TileStore

ANSWERS: Final = 15
"""Answers whose median is told."""
TAIL: Final = 5_000
"""Events at the log's end over which appending is timed."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A site that held `before` events and is to hold `events`, of a portfolio that will have `of`."""

    folder: Path
    before: int
    events: int
    of: int


Part = Callable[[Stage], Awaitable[float]]


async def append(stage: Stage) -> float:
    """Through the stores up to so many events, 64 writers, group commit; the last 5,000 are timed."""
    portfolio, ends = Portfolio(stage.of), list[float]()
    async with site(stage.folder, portfolio.world) as process:
        await portfolio.grow(process, stage.events, lambda one: ends.extend([time.perf_counter()] * one.count))
    last = ends[-TAIL:]
    return (len(last) - 1) / (last[-1] - last[0])


async def relay(stage: Stage) -> float:
    """Publish what is not published yet."""
    return await _catching_up(stage, TOLD, relayed)


async def sign(stage: Stage) -> float:
    """Add what is not signed yet to the transparency logs, and sign them."""
    return await _catching_up(stage, TOLD, signed)


async def follow(stage: Stage) -> float:
    """Fold what is new into reporting's tables."""
    return await _catching_up(stage, ("reporting",), followed)


async def derive(stage: Stage) -> float:
    """Rebuild reporting's tables from offset zero, aside, compare, and swap."""
    async with site(stage.folder) as process:
        reader = process.log.reader()
        rebuilt = await rebuild(service_of(process, "reporting").views, reader)
        await reader.close()
    if not rebuilt.same:
        raise AssertionError("the rebuilt tables are not the live ones")
    return rebuilt.events / rebuilt.seconds


async def kpis(stage: Stage) -> float:
    """All KPIs for a day in the middle, with nothing kept from an earlier question."""

    async def ask(process: Process, connection: AsyncConnection, _: int) -> None:
        await report(connection, EVERYTHING, Asking(as_of=BEGIN + SPAN / 2), process.parts.bundle.kpis)

    return await _answering(stage, [ask])


async def audit(stage: Stage) -> float:
    """A page of the audit trail: the newest, a system's, a person's, a kind's; the slowest of the four."""
    kind = "gatehouse.review.decision_recorded.v1"

    def ask(sought: Callable[[int], Sought]) -> Callable[[Process, AsyncConnection, int], Awaitable[None]]:
        async def asking(_: Process, connection: AsyncConnection, number: int) -> None:
            await entries(connection, EVERYTHING, sought(number), Page(100, None, ""))

        return asking

    async with site(stage.folder) as process:
        newest = await service_of(process, "intake").store.after(-1, 2_000)
    systems = [stored.envelope.partitionkey for stored in newest]
    asked = [
        lambda _: Sought(),
        lambda number: Sought(system=systems[number * 97 % len(systems)]),
        lambda number: Sought(person=PEOPLE[1 + number]),
        lambda _: Sought(kind=kind),
    ]
    return await _answering(stage, [ask(each) for each in asked])


async def prove(stage: Stage) -> float:
    """The receipt of a fact somewhere in the log, by its id."""
    dice = random.Random(1)  # noqa: S311 - a seed
    async with site(stage.folder) as process:
        review = service_of(process, "review")
        tiles = TileStore(process.settings.path("tiles_folder") / review.name)
        end = (await review.store.head()).next_position
        took = []
        for _ in range(ANSWERS):
            (wanted,) = await review.store.after(dice.randrange(end) - 1, 1)
            began = time.perf_counter()
            stored = await review.store.by_id(wanted.id)
            assert stored is not None
            receipt = await asyncio.to_thread(receipt_for, tiles, stored.position)
            took.append(time.perf_counter() - began)
            assert receipt is not None
    return median(took) * 1000


async def verify(stage: Stage) -> float:
    """Re-hash every row and every tile, as `gatehouse verify` does, without folding the tables anew."""
    began = time.perf_counter()
    answer = await asyncio.to_thread(lambda: verdict(examined(data_folder(stage.folder), None, Memory()), "not asked"))
    took = time.perf_counter() - began
    if not answer["verified"]:
        raise AssertionError(f"not verified: {answer['first_bad']}")
    return float(sum(log["size"] for log in answer["services"].values())) / took


async def start(stage: Stage) -> float:
    """Open every service over the folder, up to where each answers."""
    began = time.perf_counter()
    async with site(stage.folder) as process:
        for service in process.services:
            for check in service.readiness.values():
                await check()
        return (time.perf_counter() - began) * 1000


async def _catching_up(
    stage: Stage, names: Sequence[str], catch_up: Callable[[Process, Service], Awaitable[None]]
) -> float:
    async with site(stage.folder) as process:
        held = await held_by([service.store for service in process.services if service.name in TOLD])
        began = time.perf_counter()
        for name in names:
            await catch_up(process, service_of(process, name))
        return (held - stage.before) / (time.perf_counter() - began)


async def _answering(
    stage: Stage, asked: Sequence[Callable[[Process, AsyncConnection, int], Awaitable[None]]]
) -> float:
    slowest = 0.0
    async with site(stage.folder) as process:
        views = service_of(process, "reporting").views
        for ask in asked:
            took = []
            for number in range(ANSWERS):
                began = time.perf_counter()
                async with views.reading() as connection:
                    await ask(process, connection, number)
                took.append(time.perf_counter() - began)
            slowest = max(slowest, median(took))
    return slowest * 1000


PARTS: Final[Mapping[str, tuple[Part, str]]] = {
    "append": (append, "events/s"),
    "relay": (relay, "events/s"),
    "sign": (sign, "events/s"),
    "follow": (follow, "events/s"),
    "start": (start, "ms"),
    "rebuild": (derive, "events/s"),
    "kpis": (kpis, "ms"),
    "audit": (audit, "ms"),
    "proof": (prove, "ms"),
    "verify": (verify, "events/s"),
}
"""In this order: the first four bring the site to the size at which the others are measured."""


def measured(name: str, stage: Stage) -> dict[str, Any]:
    """Measure a part in this process."""
    part, unit = PARTS[name]
    return {"value": asyncio.run(part(stage)), "unit": unit}  # type: ignore[arg-type]  # a coroutine, as all parts are
