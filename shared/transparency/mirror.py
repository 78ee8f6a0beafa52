"""Copy a log as it stands, head and all it covers: an export that anyone's tools can read and verify."""

from .checkpoint import Checkpoint, peek
from .tile_source import CHECKPOINT, VKEY, TileSource, read_tile
from .tile_store import TileStore
from .tiles import tiles_of


def mirror(source: TileSource, target: TileStore) -> Checkpoint:
    """Copy a log's tiles, bundles, keys and, last, its checkpoint; answers the head that was copied.

    Nothing is verified: the copy is as good as the source. Raises `Absent` when the source lacks something that its
    checkpoint covers.
    """
    signed = source.read(CHECKPOINT)
    head = peek(signed)
    for tile in tiles_of(head.size):
        target.put(tile, read_tile(source, tile))
    target.put_keys(source.read(VKEY).decode().splitlines())
    target.publish(signed)
    return head
