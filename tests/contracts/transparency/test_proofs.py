"""Inclusion and consistency: the 196 published probes, every proof of small trees, and random ones of larger trees."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.transparency.failures import Unproven
from shared.transparency.hashes import EMPTY_ROOT, leaf_hash, leaf_hashes, merkle_root
from shared.transparency.proofs import verify_consistency, verify_inclusion
from shared.transparency.tree_reader import TreeReader
from tests.contracts.transparency import naive
from tests.contracts.transparency.memory import MemorySource
from tests.contracts.transparency.merkle_probes import (
    LEAVES,
    ROOTS,
    Consistency,
    Inclusion,
    consistency_probes,
    inclusion_probes,
)

INCLUSION, CONSISTENCY = list(inclusion_probes()), list(consistency_probes())

PUBLISHED = [  # as they stand in testdata/inclusion/2, testdata/consistency/1 of transparency-dev/merkle
    """{"leafIdx":5,"treeSize":8,"root":"XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
    "leafHash":"QnGia+DYqE8L1UyMMC58s6O10fpngKQLzOKHNHfatlg=","proof":["vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
    "q6yroAAAAAAAAAAAAAAAAAAAAAAAAAAAAGAGHgASNFY=","yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc="],"desc":"inserted component","wantErr":true}""",
    """{"size1":1,"size2":8,"root1":"bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
    "root2":"XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=","proof":["",
    "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=","Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
    "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ="],"desc":"preceding garbage","wantErr":true}""",
]


def test_the_probes_are_the_published_ones() -> None:
    assert (len(INCLUSION), len(CONSISTENCY)) == (98, 98)
    made = [probe.published() for probe in INCLUSION] + [probe.published() for probe in CONSISTENCY]
    assert [each for each in PUBLISHED if json.loads(each) not in made] == []
    assert sum(not probe.wrong for probe in INCLUSION) == 6
    assert sum(not probe.wrong for probe in CONSISTENCY) == 6


@pytest.mark.parametrize("probe", INCLUSION, ids=lambda probe: f"{probe.index}-of-{probe.size}-{probe.name}")
def test_inclusion_probe(probe: Inclusion) -> None:
    if not probe.wrong:
        verify_inclusion(probe.index, probe.size, probe.leaf, probe.proof, probe.root)
        return
    with pytest.raises(Unproven):
        verify_inclusion(probe.index, probe.size, probe.leaf, probe.proof, probe.root)


@pytest.mark.parametrize("probe", CONSISTENCY, ids=lambda probe: f"{probe.old}-to-{probe.new}-{probe.name}")
def test_consistency_probe(probe: Consistency) -> None:
    if not probe.wrong:
        verify_consistency(probe.old, probe.new, probe.old_root, probe.new_root, probe.proof)
        return
    with pytest.raises(Unproven):
        verify_consistency(probe.old, probe.new, probe.old_root, probe.new_root, probe.proof)


def test_the_proofs_of_the_eight_leaves_are_built_as_published() -> None:
    tree = TreeReader(MemorySource(LEAVES), 8)
    assert [each.hex() for each in tree.inclusion(5)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        ROOTS[3].hex(),
    ]
    assert [each.hex() for each in tree.consistency(6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        ROOTS[3].hex(),
    ]


def test_every_proof_of_every_small_tree_is_that_of_the_recursion_and_holds() -> None:
    entries = [b"%d" % each for each in range(20)]
    for size in range(1, len(entries) + 1):
        tree, root = TreeReader(MemorySource(entries[:size]), size), naive.root(entries[:size])
        for index in range(size):
            assert tree.inclusion(index) == naive.path(index, entries[:size])
            verify_inclusion(index, size, leaf_hash(entries[index]), tree.inclusion(index), root)
        for old in range(1, size + 1):
            assert tree.consistency(old) == naive.proof(old, entries[:size])
            verify_consistency(old, size, naive.root(entries[:old]), root, tree.consistency(old))


ENTRIES = [b"%d" % each for each in range(1500)]
LARGE = TreeReader(MemorySource(ENTRIES), len(ENTRIES))


@given(st.data())
def test_proofs_of_larger_trees_at_any_earlier_size(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(ENTRIES)))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root = merkle_root(leaf_hashes(ENTRIES[:size]))
    assert LARGE.root_at(size) == root
    assert LARGE.inclusion(index, size) == naive.path(index, ENTRIES[:size])
    assert LARGE.consistency(old, size) == naive.proof(old, ENTRIES[:size])
    assert LARGE.leaf(index) == leaf_hash(ENTRIES[index])
    assert LARGE.entry(index) == ENTRIES[index]
    verify_inclusion(index, size, leaf_hash(ENTRIES[index]), LARGE.inclusion(index, size), root)
    verify_consistency(old, size, LARGE.root_at(old), root, LARGE.consistency(old, size))


@settings(max_examples=300)
@given(st.data())
def test_no_proof_holds_for_another_place_or_leaf(data: st.DataObject) -> None:
    """At the same size: a proof alone does not fix the size, the signed head does (index 2 of 3 looks like 1 of 2)."""
    size = data.draw(st.integers(1, 600))
    index, other_index = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size + 1))
    other_leaf = data.draw(st.sampled_from([leaf_hash(ENTRIES[index]), leaf_hash(b"another")]))
    proof, root = LARGE.inclusion(index, size), LARGE.root_at(size)
    if (other_index, other_leaf) == (index, leaf_hash(ENTRIES[index])):
        return
    with pytest.raises(Unproven):
        verify_inclusion(other_index, size, other_leaf, proof, root)


def test_from_the_empty_tree_there_is_nothing_to_prove_and_nothing_is_accepted() -> None:
    assert LARGE.consistency(0) == []
    assert LARGE.root_at(0) == EMPTY_ROOT
    with pytest.raises(Unproven):
        verify_consistency(0, 5, EMPTY_ROOT, LARGE.root_at(5), [])


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (0, 1501)])
def test_an_entry_that_is_not_there_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(Unproven):
        LARGE.inclusion(index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5), (1, 1501)])
def test_a_size_that_never_was_has_no_proof(old: int, new: int) -> None:
    with pytest.raises(Unproven):
        LARGE.consistency(old, new)
