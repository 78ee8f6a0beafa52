"""What a writer must know to go on: the last published head, the tree's right edge, the entries of the open bundle."""

from collections.abc import Sequence
from dataclasses import dataclass

from .checkpoint import Head, open_checkpoint
from .failures import Absent, Forked
from .hashes import EMPTY_ROOT, leaf_hashes
from .keys import Verifier
from .tile_source import CHECKPOINT, TileSource, read_entries
from .tiles import WIDTH, tile_at
from .tree import Frontier, frontier_at


@dataclass(frozen=True, slots=True)
class LogState:
    """A log as of its last published head. The tree is copied before it is extended."""

    head: Head | None
    tree: Frontier
    opened: tuple[bytes, ...]
    """The entries of the bundle that is not full yet."""


def stored_head(source: TileSource, keys: Sequence[Verifier]) -> Head | None:
    """The published head, its log signature checked; None in a new folder. Raises `Unproven` or `Malformed`."""
    try:
        signed = source.read(CHECKPOINT)
    except Absent:
        return None
    return open_checkpoint(signed, keys)


def stored_state(source: TileSource, keys: Sequence[Verifier]) -> LogState:
    """The log as it lies on the disk, the right edge checked against the signed root.

    Raises `Forked` when edge or open bundle are not those that were signed, `Absent` or `Malformed` when they can't be
    read, `Unproven` when none of the keys signed the head. Damage further left is `verify_log`'s to find.
    """
    head = stored_head(source, keys)
    size, root = (0, EMPTY_ROOT) if head is None else (head.checkpoint.size, head.checkpoint.root)
    tree = frontier_at(source, size)
    bundle = tile_at(None, size // WIDTH, size)
    opened = read_entries(source, bundle) if bundle.width else []
    if leaf_hashes(opened) != tree.open_hashes(0):
        raise Forked(f"{bundle.path} does not hold the entries that were signed")
    if tree.root() != root:
        raise Forked(f"the tiles do not have the root that was signed at size {size}")
    return LogState(head, tree, tuple(opened))
