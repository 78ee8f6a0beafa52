"""The walk over a tiled log: entries give leaf hashes, those give tiles, and each stored copy is compared."""

from collections.abc import Iterable, Sequence

from .checkpoint import Checkpoint
from .failures import Absent, Malformed
from .hashes import leaf_hashes
from .report import Problem
from .tile_source import TileSource, read_hashes, read_tile
from .tiles import TILE_HEIGHT, WIDTH, Tile, open_tiles, take_entries, tile_at
from .walk import Mark, Walk, Watch


class TileWalk(Walk):
    """Bundles, leaf tiles and all tiles above them."""

    def __init__(self, source: TileSource, claimed: Checkpoint, marks: Iterable[Mark], watch: Watch | None) -> None:
        super().__init__(claimed, marks, watch)
        self._source = source

    def run(self) -> None:
        """Walk every bundle and tile that a log of the claimed size has."""
        for index in range(-(-self._claimed.size // WIDTH)):
            leaves = self._leaves(tile_at(None, index, self._claimed.size))
            if leaves is None:
                reason = "nothing from here on could be checked: entries and their hashes are gone"
                self._found(Problem(reason, index * WIDTH, self._claimed.size - 1))
                return
            for level, at, hashes in self._grow(leaves):
                if level:
                    self._compare_above(Tile(level, at), hashes)
        for tile in open_tiles(self._claimed.size):
            if tile.level:
                self._compare_above(tile, self._tree.open_hashes(tile.level))
        self._end()

    def _leaves(self, bundle: Tile) -> list[bytes] | None:
        """The leaf hashes of the bundle's entries; the stored ones where the bundle does not have its entries."""
        stored = self._stored(Tile(0, bundle.index, bundle.width))
        entries = self._entries(bundle)
        if entries is None:
            return stored
        self._see(bundle.index * WIDTH, entries)
        hashed = leaf_hashes(entries)
        if stored is not None and hashed != stored:
            self._blame(bundle, hashed, stored)
        elif len(entries) != bundle.width:
            self._found(Problem(f"{bundle.path} is damaged", *self._span(bundle, 0, bundle.width)))
        return hashed if len(entries) == bundle.width else stored

    def _entries(self, bundle: Tile) -> list[bytes] | None:
        try:
            entries, whole = take_entries(read_tile(self._source, bundle))
        except (Absent, Malformed) as error:
            self._found(Problem(f"{bundle.path}: {error}", *self._span(bundle, 0, bundle.width)))
            return None
        return entries if whole or len(entries) < bundle.width else entries[: bundle.width - 1]

    def _blame(self, bundle: Tile, hashed: Sequence[bytes], stored: Sequence[bytes]) -> None:
        at = min(_first_difference(hashed, stored), bundle.width - 1)
        reason = f"the entry in {bundle.path} is not the one that {Tile(0, bundle.index, bundle.width).path} names"
        self._found(Problem(reason, *self._span(bundle, at, at + 1)))

    def _stored(self, tile: Tile) -> list[bytes] | None:
        try:
            return read_hashes(self._source, tile)
        except (Absent, Malformed) as error:
            self._found(Problem(f"{tile.path}: {error}", *self._span(tile, 0, tile.width)))
            return None

    def _compare_above(self, tile: Tile, hashes: Sequence[bytes]) -> None:
        stored = self._stored(tile)
        if stored is not None and stored != hashes:
            at = _first_difference(hashes, stored)
            self._found(Problem(f"{tile.path} does not follow from the tiles below", *self._span(tile, at, at + 1)))

    def _span(self, tile: Tile, low: int, high: int) -> tuple[int, int]:
        """The first and last entry under some of the tile's hashes."""
        rise = TILE_HEIGHT * (tile.level or 0)
        first = tile.index * WIDTH
        return (first + low) << rise, min((first + high) << rise, self._claimed.size) - 1


def _first_difference(ours: Sequence[bytes], theirs: Sequence[bytes]) -> int:
    """Where two sequences part; the shorter one's length if one begins with the other."""
    for at, (left, right) in enumerate(zip(ours, theirs, strict=False)):
        if left != right:
            return at
    return min(len(ours), len(theirs))
