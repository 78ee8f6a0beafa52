"""A log in memory, laid out by its definition, for tests that need tiles and no disk."""

from collections.abc import Sequence

from shared.transparency.failures import Absent
from shared.transparency.tiles import encode_bundle, tiles_of
from tests.contracts.transparency import naive


class MemorySource:
    """A `TileSource` computed from its entries: hash i of a tile is the root of the range that it spans."""

    def __init__(self, entries: Sequence[bytes], **files: bytes) -> None:
        self.files = dict(files)
        for tile in tiles_of(len(entries)):
            first = tile.index * 256
            if tile.level is None:
                self.files[tile.path] = encode_bundle(entries[first : first + tile.width])
                continue
            span = 256**tile.level
            starts = range(first * span, (first + tile.width) * span, span)
            self.files[tile.path] = b"".join(naive.root(entries[at : at + span]) for at in starts)

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise Absent(path)
        return self.files[path]
