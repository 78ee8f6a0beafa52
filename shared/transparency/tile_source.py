"""What a verifier asks of a log, wherever it lies: bytes by path. Folder, HTTP and memory all fit."""

from typing import Protocol

from .failures import Absent, Malformed
from .tiles import Tile, cut, split_bundle, split_hashes

CHECKPOINT = "checkpoint"
VKEY = "vkey"


class TileSource(Protocol):
    """One log's resources by their path under the log's prefix, as c2sp.org/tlog-tiles names them.

    Besides `checkpoint` and `tile/…` a source may hold `vkey`, the log's verifier keys, one per line: whoever trusts
    that one learns only that the log agrees with itself.
    """

    def read(self, path: str) -> bytes:
        """The bytes at the path; raises `Absent` where there are none."""
        ...


def read_tile(source: TileSource, tile: Tile) -> bytes:
    """A tile's bytes; a partial tile that is gone is cut out of the full one (tlog-tiles, Partial Tiles)."""
    try:
        return source.read(tile.path)
    except Absent:
        if tile == tile.full:
            raise
        return cut(tile, source.read(tile.full.path), tile.width)


def read_hashes(source: TileSource, tile: Tile) -> list[bytes]:
    """The hashes of a tile; raises `Absent`, or `Malformed` unless there are exactly `tile.width`."""
    return split_hashes(read_tile(source, tile), tile.width)


def read_entries(source: TileSource, tile: Tile) -> list[bytes]:
    """The entries of a bundle; raises `Absent`, or `Malformed` unless there are exactly `tile.width`."""
    entries = split_bundle(read_tile(source, tile))
    if len(entries) != tile.width:
        raise Malformed(f"{tile.path} holds {len(entries)} entries, not {tile.width}")
    return entries
