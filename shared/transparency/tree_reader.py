"""Proofs out of stored tiles: reads the few tiles that a proof needs and no others."""

from .failures import Unproven
from .hashes import EMPTY_ROOT, merkle_root
from .proofs import consistency_spans, inclusion_spans, span_root
from .tile_source import TileSource, read_entries, read_hashes
from .tiles import TILE_HEIGHT, WIDTH, Tile, tile_at


class TreeReader:
    """The tree of a log at one size, read from its tiles. Tiles are kept for the reader's life: use it for one task.

    Raises `Absent` or `Malformed` when a tile is missing or of the wrong length. What it returns is as true as the
    tiles are: the caller compares roots with a signed head.
    """

    def __init__(self, source: TileSource, size: int) -> None:
        self._source = source
        self._tiles: dict[Tile, list[bytes]] = {}
        self.size = size

    def node(self, height: int, index: int) -> bytes:
        """The hash of the full subtree over the leaves [index·2^height, (index + 1)·2^height)."""
        level, rise = divmod(height, TILE_HEIGHT)
        first = index << rise
        tile = tile_at(level, first // WIDTH, self.size)
        if tile not in self._tiles:
            self._tiles[tile] = read_hashes(self._source, tile)
        at = first % WIDTH
        return merkle_root(self._tiles[tile][at : at + (1 << rise)])

    def root_at(self, size: int) -> bytes:
        """The root that the log had at a size not beyond this reader's."""
        self._within(size)
        return span_root((0, size), self.node) if size else EMPTY_ROOT

    def leaf(self, index: int) -> bytes:
        """The leaf hash of the entry at `index`."""
        return self.node(0, index)

    def entry(self, index: int) -> bytes:
        """The entry at `index`, out of its bundle."""
        bundle = tile_at(None, index // WIDTH, self.size)
        return read_entries(self._source, bundle)[index % WIDTH]

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The proof that the entry is in the tree of that size; by default this reader's."""
        size = self.size if size is None else size
        self._within(size)
        return [span_root(span, self.node) for span in inclusion_spans(index, size)]

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """The proof that the tree of size `old` is a prefix of that of size `new`; by default this reader's."""
        new = self.size if new is None else new
        self._within(new)
        return [span_root(span, self.node) for span in consistency_spans(old, new)]

    def _within(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise Unproven(f"a log of size {self.size} has no tree of size {size}")
