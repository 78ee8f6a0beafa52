"""Inclusion and consistency proofs (RFC 6962, section 2.1): which hashes they hold, and how they are checked.

The verifiers follow RFC 9162, sections 2.1.3.2 and 2.1.4.2, with the further rejections of transparency-dev/merkle:
hashes of another length than 32 bytes, proofs of another length than sizes demand, and proofs from the empty tree.
"""

from collections.abc import Callable, Sequence

from .failures import Unproven
from .hashes import HASH_SIZE, node_hash

NodeReader = Callable[[int, int], bytes]
"""The hash of the full subtree at (height, index), which spans the leaves [index·2^height, (index + 1)·2^height)."""

Span = tuple[int, int]


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The leaf ranges whose roots prove the entry at `index` in a tree of that size, from the leaf upwards."""
    if not 0 <= index < size:
        raise Unproven(f"a tree of size {size} has no entry {index}")
    low, high = 0, size
    spans: list[Span] = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            spans.append((middle, high))
            high = middle
        else:
            spans.append((low, middle))
            low = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """The leaf ranges whose roots prove that the tree of size `old` is a prefix of that of size `new`."""
    if not 0 <= old <= new:
        raise Unproven(f"a tree of size {new} has no earlier size {old}")
    if old == 0:
        return []
    low, high = 0, new
    spans: list[Span] = []
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            spans.append((middle, high))
            high = middle
        else:
            spans.append((low, middle))
            low = middle
    if low:
        spans.append((low, high))
    return spans[::-1]


def span_root(span: Span, read: NodeReader) -> bytes:
    """The root over a leaf range that is itself a subtree of some tree, folded from full subtrees."""
    low, high = span
    nodes: list[bytes] = []
    while low < high:
        height = (high - low).bit_length() - 1
        nodes.append(read(height, low >> height))
        low += 1 << height
    root = nodes.pop()
    while nodes:
        root = node_hash(nodes.pop(), root)
    return root


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `Unproven` unless the proof shows the leaf hash at `index` in the tree of that size and root."""
    if not 0 <= index < size:
        raise Unproven(f"a tree of size {size} has no entry {index}")
    _hashes_only(leaf, root, *proof)
    if len(proof) != len(inclusion_spans(index, size)):
        raise Unproven(f"entry {index} of {size} is not proven by {len(proof)} hashes")
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise Unproven(f"entry {index} is not in the tree of size {size} with that root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise `Unproven` unless the proof shows the old tree to be a prefix of the new; `old` is at least 1.

    Every tree continues the empty one, so there is nothing to prove from size 0 and a caller must not ask.
    """
    if not 0 < old <= new:
        raise Unproven(f"no proof leads from size {old} to size {new}")
    if old == new:
        if proof or old_root != new_root:
            raise Unproven(f"two trees of size {new} are the same only by the same root and an empty proof")
        return
    _hashes_only(old_root, new_root, *proof)
    if len(proof) != len(consistency_spans(old, new)):
        raise Unproven(f"size {old} to {new} is not proven by {len(proof)} hashes")
    if (old_root, new_root) != _roots_from(old, new, old_root, proof):
        raise Unproven(f"the tree of size {old} is not a prefix of the tree of size {new}")


def _roots_from(old: int, new: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    return before, after


def _split(leaves: int) -> int:
    return 1 << ((leaves - 1).bit_length() - 1)


def _hashes_only(*hashes: bytes) -> None:
    for each in hashes:
        if len(each) != HASH_SIZE:
            raise Unproven(f"a hash has {HASH_SIZE} bytes, not {len(each)}")
