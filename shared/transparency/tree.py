"""The growing tree: its right edge is all that a log must remember to add leaves and to name its root."""

from collections.abc import Sequence
from itertools import count
from typing import Final

from .failures import Malformed
from .hashes import EMPTY_ROOT, HASH_SIZE, merkle_root
from .tile_source import TileSource, read_hashes
from .tiles import TILE_HEIGHT, WIDTH, open_tiles

MAX_LEVELS: Final = 8
"""Levels of tiles in the largest log: 256^8 exceeds every size."""


class Frontier:
    """The compact range [0, size) in the form of tiles: per level, the hashes of the one tile still open.

    Adding n leaves costs 2n hashes and remembers at most 255 hashes per level, whatever the size.
    """

    def __init__(self, size: int = 0, levels: Sequence[Sequence[bytes]] = ()) -> None:
        self._size = size
        self._levels = [list(level) for level in levels]
        for height, level in enumerate(self._levels):
            if len(level) != (size >> TILE_HEIGHT * height) % WIDTH or any(len(each) != HASH_SIZE for each in level):
                raise Malformed(f"level {height} does not have the hashes of a log of size {size}")
        if size >> TILE_HEIGHT * len(self._levels):
            raise Malformed(f"a log of size {size} has more levels than {len(self._levels)}")

    @property
    def size(self) -> int:
        """How many leaves were added."""
        return self._size

    def extend(self, leaves: Sequence[bytes]) -> list[tuple[int, int, list[bytes]]]:
        """Add leaf hashes; answers each tile that filled as (level, index, 256 hashes), lower tiles first."""
        filled: list[tuple[int, int, list[bytes]]] = []
        at = 0
        while at < len(leaves):
            taken = leaves[at : at + WIDTH - self._size % WIDTH]
            at += len(taken)
            self._size += len(taken)
            self._rise(taken, filled)
        return filled

    def _rise(self, hashes: Sequence[bytes], filled: list[tuple[int, int, list[bytes]]]) -> None:
        for height in count():
            if height == len(self._levels):
                self._levels.append([])
            level = self._levels[height]
            level.extend(hashes)
            if len(level) < WIDTH:
                return
            self._levels[height] = []
            filled.append((height, (self._size >> TILE_HEIGHT * (height + 1)) - 1, level))
            hashes = [merkle_root(level)]

    def root(self) -> bytes:
        """The root at the present size."""
        rest: list[bytes] = []
        for level in self._levels:
            if level or rest:
                rest = [merkle_root([*level, *rest])]
        return rest[0] if rest else EMPTY_ROOT

    def open_hashes(self, level: int) -> list[bytes]:
        """The hashes of the level's open tile; none where the level has no open tile."""
        return list(self._levels[level]) if level < len(self._levels) else []

    def open_tile(self, level: int) -> bytes:
        """The bytes of the level's open tile."""
        return b"".join(self.open_hashes(level))

    def copy(self) -> "Frontier":
        """The same edge, to be extended on its own."""
        return Frontier(self._size, self._levels)


def frontier_at(source: TileSource, size: int) -> Frontier:
    """The right edge of a stored log at a size not beyond its end; raises `Absent` or `Malformed`."""
    levels: list[list[bytes]] = [[] for height in range(MAX_LEVELS) if size >> TILE_HEIGHT * height]
    for tile in open_tiles(size):
        if tile.level is not None:
            levels[tile.level] = read_hashes(source, tile)
    return Frontier(size, levels)
