"""Hashes and roots, against the public vectors of transparency-dev/merkle and against the recursion of RFC 6962."""

import itertools
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.transparency.encoding import to_base64
from shared.transparency.failures import Malformed
from shared.transparency.hashes import EMPTY_ROOT, leaf_hash, leaf_hashes, merkle_root, node_hash
from shared.transparency.tiles import open_tiles
from shared.transparency.tree import Frontier, frontier_at
from tests.contracts.transparency import naive
from tests.contracts.transparency.memory import MemorySource
from tests.contracts.transparency.merkle_probes import LEAVES, ROOTS

GOLDEN = {  # leaf i is the decimal i in ASCII
    255: "32f85bcaa87d7bcd05728f09e9aeba350ba6a2f733830087f0597682848be5cb",
    256: "828515d033c19d8c901f37eccb8aed919667703486f8d2fff1cf7040321c5db1",
    257: "1eda049a4351d86f76252bd7ec0b7746ad75b7fa0316ad5f541dbda458a312c4",
    65_536: "f025d06ed804859fd274a1bdacadd6e48ea87634aa91e1edb20143f9498cd02b",
    70_000: "1a4cdfcb66374a0c0dcbef49acbd4976d13ee864fb3cb241fc943cad04f02f7e",
}


def numbers(count: int, start: int = 0) -> list[bytes]:
    return [b"%d" % each for each in range(start, count)]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root() == merkle_root([]) == EMPTY_ROOT


def test_leaf_and_node_have_the_published_hashes() -> None:
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert leaf_hashes([b"", b"L123456"]) == [leaf_hash(b""), leaf_hash(b"L123456")]


def test_the_record_hash_of_the_go_checksum_database() -> None:
    assert to_base64(leaf_hash(b"hello world")) == "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0="


@pytest.mark.parametrize("size", range(1, 9))
def test_the_eight_published_leaves_have_the_published_roots(size: int) -> None:
    tree = Frontier()
    tree.extend(leaf_hashes(LEAVES[:size]))
    assert tree.root() == ROOTS[size - 1] == merkle_root(leaf_hashes(LEAVES[:size]))


def test_golden_roots_up_to_seventy_thousand() -> None:
    tree, found = Frontier(), {}
    for before, size in itertools.pairwise([0, *GOLDEN]):
        tree.extend(leaf_hashes(numbers(size, before)))
        found[size] = tree.root().hex()
    assert found == GOLDEN


def test_without_prefixes_the_golden_roots_would_differ() -> None:
    """The control: a tree that hashes leaves and nodes alike can't pass."""
    row = [sha256(each).digest() for each in numbers(256)]
    while len(row) > 1:
        row = [sha256(left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    assert row[0].hex() != GOLDEN[256]


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_roots_are_those_of_the_recursion(entries: list[bytes]) -> None:
    assert merkle_root(leaf_hashes(entries)) == naive.root(entries)


@given(st.lists(st.integers(0, 400), max_size=5))
def test_the_root_does_not_depend_on_how_leaves_arrive(steps: list[int]) -> None:
    entries = numbers(sum(steps))
    tree, at = Frontier(), 0
    for step in steps:
        tree.extend(leaf_hashes(entries[at : at + step]))
        at += step
        assert (tree.size, tree.root()) == (at, merkle_root(leaf_hashes(entries[:at])))


@given(st.integers(0, 1300), st.integers(0, 600))
def test_filled_and_open_tiles_are_those_of_the_definition(first: int, more: int) -> None:
    entries = numbers(first + more)
    tree = Frontier()
    tiles = {(level, index): b"".join(hashes) for level, index, hashes in tree.extend(leaf_hashes(entries[:first]))}
    tiles |= {(level, index): b"".join(hashes) for level, index, hashes in tree.extend(leaf_hashes(entries[first:]))}
    tiles |= {
        (tile.level, tile.index): tree.open_tile(tile.level) for tile in open_tiles(tree.size) if tile.level is not None
    }
    defined = MemorySource(entries).files
    assert {path for path in defined if "entries" not in path} == {
        f"tile/{level}/{index:03d}" + ("" if len(data) == 8192 else f".p/{len(data) // 32}")
        for (level, index), data in tiles.items()
    }
    assert sorted(tiles.values()) == sorted(data for path, data in defined.items() if "entries" not in path)


@given(st.integers(0, 900), st.integers(0, 900))
def test_an_edge_read_back_from_tiles_goes_on_as_if_it_had_never_left(size: int, more: int) -> None:
    entries = numbers(size + more)
    tree = frontier_at(MemorySource(entries[:size]), size)
    assert tree.root() == merkle_root(leaf_hashes(entries[:size]))
    tree.extend(leaf_hashes(entries[size:]))
    assert tree.root() == merkle_root(leaf_hashes(entries))


@pytest.mark.parametrize(
    ("size", "levels"), [(1, []), (1, [[]]), (2, [[bytes(32)]]), (1, [[bytes(31)]]), (256, [[]]), (0, [[bytes(32)]])]
)
def test_an_edge_that_does_not_fit_its_size_is_refused(size: int, levels: list[list[bytes]]) -> None:
    with pytest.raises(Malformed):
        Frontier(size, levels)
