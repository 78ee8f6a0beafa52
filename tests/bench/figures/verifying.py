"""Verifying, against hashing the same bytes; and with the tables folded anew, stated."""

import asyncio
import hashlib
import time
from pathlib import Path

from services.verifying.derived import derived_in_folder
from services.verifying.places import data_folder, exported
from services.verifying.suspect import Suspect
from services.verifying.verdict import Memory, examined, verdict
from shared.transparency.tile_source import read_entries
from shared.transparency.tile_store import TileStore
from shared.transparency.tiles import tiles_of
from tests.bench.bench import Bench
from tests.bench.figure import Figure, Samples, pairs


async def against_hashing(bench: Bench) -> Samples:
    tiles = await bench.portfolio() / "tiles"
    bodies = [body for service in ("intake", "review") for body in _bodies(tiles / service)]

    async def verified() -> float:
        began = time.perf_counter()
        await asyncio.to_thread(_verified, exported(tiles), "not asked")
        return len(bodies) / (time.perf_counter() - began)

    async def hashed() -> float:
        began = time.perf_counter()
        for body in bodies:
            hashlib.sha256(body).digest()
        return len(bodies) / (time.perf_counter() - began)

    return await pairs(bench.pairs, verified, hashed)


async def with_projections(bench: Bench) -> Samples:
    folder = await bench.portfolio()
    began = time.perf_counter()
    size = await asyncio.to_thread(_verified, data_folder(folder), (await derived_in_folder(folder)).projections)
    return Samples(ours=[size / (time.perf_counter() - began)])


def _bodies(folder: Path) -> list[bytes]:
    store = TileStore(folder)
    return [body for tile in tiles_of(store.size()) if tile.level is None for body in read_entries(store, tile)]


def _verified(suspects: list[Suspect], projections: str) -> int:
    answer = verdict(examined(suspects, None, Memory()), projections)
    assert answer["verified"], answer["first_bad"]
    return sum(log["size"] for log in answer["services"].values())


FIGURES = [
    Figure(
        name="verify",
        what="verify an export: every byte, root, signature and stream version",
        against="`hashlib` over the same bytes, in memory",
        unit="events/s",
        floor=0.1,
        aim=0.3,
        measure=against_hashing,
    ),
    Figure(
        name="verify-projections",
        what="verify a data folder: rows and tiles, and every service's tables folded anew",
        unit="events/s",
        measure=with_projections,
    ),
]
