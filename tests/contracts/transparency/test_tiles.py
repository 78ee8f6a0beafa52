"""Tile coordinates, paths and bundles as c2sp.org/tlog-tiles fixes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.transparency.failures import Malformed
from shared.transparency.tiles import (
    Tile,
    cut,
    encode_bundle,
    index_path,
    open_tiles,
    parse_path,
    split_bundle,
    split_hashes,
    take_entries,
    tile_at,
    tiles_of,
    width_at,
)


@pytest.mark.parametrize(
    ("index", "path"),
    [
        (0, "000"),
        (7, "007"),
        (999, "999"),
        (1000, "x001/000"),
        (1234067, "x001/x234/067"),
        (10**9, "x001/x000/x000/000"),
    ],
)
def test_index_paths(index: int, path: str) -> None:
    assert index_path(index) == path


def paths(size: int) -> list[str]:
    return [tile.path for tile in tiles_of(size)]


def test_a_log_of_256_entries() -> None:
    assert paths(256) == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]


def test_a_log_of_70_000_entries() -> None:
    leaves = [path for path in paths(70_000) if path.startswith("tile/0/")]
    assert leaves == [f"tile/0/{index:03d}" for index in range(273)] + ["tile/0/273.p/112"]
    assert [path for path in paths(70_000) if path.startswith(("tile/1/", "tile/2/", "tile/3/"))] == [
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert len([path for path in paths(70_000) if path.startswith("tile/entries/")]) == 274


def test_an_empty_log_has_no_tiles() -> None:
    assert (paths(0), list(open_tiles(0))) == ([], [])


@given(st.integers(0, 2**40))
def test_open_tiles_are_the_partial_ones(size: int) -> None:
    assert list(open_tiles(size)) == [
        tile for level in (None, *range(6)) if (tile := tile_at(level, (size >> 8 * (level or 0)) // 256, size)).width
    ]


@given(st.integers(0, 8), st.integers(0, 2**50), st.integers(1, 255))
def test_a_path_leads_back_to_its_tile(level: int, index: int, width: int) -> None:
    for tile in (Tile(level, index), Tile(level, index, width), Tile(None, index), Tile(None, index, width)):
        assert parse_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "checkpoint",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile//000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000",
        "tile/0/x000/001",  # index 1 has a shorter path
        "tile/0/001/000",
        "tile/0/x1/000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/100/000",
        "tile/-1/000",
        "tile/a/000",
        "tile/data/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/05",
        "tile/0/000.p/-1",
        "tile/0/000.p/5/",
        "tile/0/000.p/5.p/5",
        "tile/0/../../000",
        "tile/entries/../../../secret",
        "tile/entries/000\n",
        "tile/0/٠٠٠",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/" + "x001/" * 6 + "001/" * 2,
    ],
)
def test_what_is_not_the_path_of_a_tile_is_refused(path: str) -> None:
    with pytest.raises(Malformed):
        parse_path(path)


@pytest.mark.parametrize(
    ("level", "index", "size", "width"),
    [(0, 0, 0, 0), (0, 0, 5, 5), (0, 0, 256, 256), (0, 1, 256, 0), (1, 0, 255, 0), (1, 0, 256, 1), (1, 1, 70_000, 17)],
)
def test_widths(level: int, index: int, size: int, width: int) -> None:
    assert width_at(level, index, size) == width
    assert Tile(level, index, max(width, 1)).within(size) == (width > 0)
    assert not Tile(level, index, 256).within(size) or width == 256


def test_the_bundle_of_three_published_entries() -> None:
    bundle = encode_bundle([b"one", b"two", b"three"])
    assert bundle.hex() == "00036f6e65" + "000374776f" + "00057468726565"
    assert split_bundle(bundle) == [b"one", b"two", b"three"]


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(0, 20))
def test_bundles_lead_back_and_can_be_cut(entries: list[bytes], width: int) -> None:
    bundle = encode_bundle(entries)
    assert split_bundle(bundle) == entries
    assert cut(Tile(None, 0), bundle, width) == encode_bundle(entries[:width])
    for end in range(len(bundle)):
        kept, whole = take_entries(bundle[:end])
        assert kept == entries[: len(kept)]
        assert whole == (encode_bundle(kept) == bundle[:end])


def test_an_entry_has_at_most_65_535_bytes() -> None:
    assert split_bundle(encode_bundle([bytes(65_535)])) == [bytes(65_535)]
    with pytest.raises(Malformed):
        encode_bundle([bytes(65_536)])


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x01", b"\x00\x00\x00", b"\x00\x02a"])
def test_a_cut_bundle_is_refused(bundle: bytes) -> None:
    with pytest.raises(Malformed):
        split_bundle(bundle)


@pytest.mark.parametrize(("length", "width"), [(0, 1), (31, 1), (33, 1), (64, 1), (32, 2), (8192, 255)])
def test_a_tile_of_another_length_is_refused(length: int, width: int) -> None:
    with pytest.raises(Malformed):
        split_hashes(bytes(length), width)
