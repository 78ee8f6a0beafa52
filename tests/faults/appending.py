"""A program that appends and signs in turns, for a sweep over its system calls; it goes on after whatever fails."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.store.open import open_store
from shared.store.port import EMPTY, EventStore, StoreUnavailable, StreamAppend
from shared.transparency.keys import read_key_file
from shared.transparency.log_writer import LogWriter
from shared.transparency.tile_store import TileStore
from shared.transparency.tiles import Tile
from tests.contracts.store.appends import append, event
from tests.faults.history import History

ROUNDS, APPENDS = 6, 2


class Hasty(TileStore):
    """Publishes the checkpoint first and what it covers afterwards: for a control."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._later: dict[str, tuple[Tile, bytes]] = {}

    def read(self, path: str) -> bytes:
        return self._later[path][1] if path in self._later else super().read(path)

    def put(self, tile: Tile, data: bytes) -> None:
        self._later[tile.path] = (tile, data)

    def publish(self, signed: bytes) -> None:
        super().publish(signed)
        for tile, data in self._later.values():
            super().put(tile, data)
        self.settle()
        self._later.clear()


async def main(folder: str, *, acknowledges_early: bool = False, hasty: bool = False) -> None:
    place, history = Path(folder), History(Path(folder) / "history.jsonl")
    store = await open_store(f"sqlite:///{place / 'events.db'}", "intake")
    tiles = (Hasty if hasty else TileStore)(place / "tiles")
    for number in range(ROUNDS):
        for again in range(APPENDS):
            operation = f"00000000-0000-4000-8000-{number:06}{again:06}"
            history.invoke(operation, "the one")
            if acknowledges_early:
                history.ok(operation)
            with _passed_over(history, operation):
                await store.append(
                    append(
                        StreamAppend(
                            stream=operation, partitionkey=operation, expected=EMPTY, events=[event(event_id=operation)]
                        )
                    )
                )
                history.ok(operation)
        with _passed_over(history, operation):
            await sign(store, place, tiles)
    await store.close()


async def sign(store: EventStore, place: Path, tiles: TileStore) -> None:
    """Have everything in the store covered by a checkpoint."""
    with LogWriter(tiles, [read_key_file(place / "log.key")]) as writer:
        writer.append([stored.body for stored in await store.after(writer.size - 1, 10_000)])


@contextmanager
def _passed_over(history: History, operation: str) -> Iterator[None]:
    try:
        yield
    except (StoreUnavailable, OSError) as fault:
        history.info(operation, repr(fault))


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
