"""Serving a log from its folder: what strangers may read, also while the log grows."""

import threading
from pathlib import Path

import pytest

from shared.transparency.failures import Absent, Malformed
from shared.transparency.hashes import leaf_hashes
from shared.transparency.mirror import mirror
from shared.transparency.tile_source import TileSource
from shared.transparency.tile_store import TileStore
from shared.transparency.tiles import encode_bundle, split_bundle, tile_at, tiles_of
from shared.transparency.verify import verify_log
from tests.contracts.transparency.logs import POLICY, events, writing, written
from tests.contracts.transparency.memory import MemorySource


def test_a_folder_is_a_tile_source(tmp_path: Path) -> None:
    written(tmp_path, 300)
    source: TileSource = TileStore(tmp_path)
    assert source.read("tile/0/000") == b"".join(leaf_hashes(events(256)))
    assert source.read("tile/entries/001.p/44") == encode_bundle(events(300, 256))


def test_partial_tiles_of_earlier_heads_are_still_served_after_their_files_are_gone(tmp_path: Path) -> None:
    written(tmp_path, 5, 9, 255)
    store = TileStore(tmp_path)
    assert not (tmp_path / "tile/0/000.p/5").exists()
    for size in (1, 5, 9, 255):
        assert store.serve(f"tile/0/000.p/{size}") == b"".join(leaf_hashes(events(size)))
        assert store.serve(f"tile/entries/000.p/{size}") == encode_bundle(events(size))
    with writing(tmp_path) as writer:
        writer.append(events(600, 255))
    assert not (tmp_path / "tile/0/000.p").exists()
    assert store.serve("tile/0/000.p/5") == b"".join(leaf_hashes(events(5)))
    assert store.serve("tile/1/000.p/1") == store.read("tile/1/000.p/2")[:32]


def test_what_lies_beyond_the_signed_head_is_not_served(tmp_path: Path) -> None:
    written(tmp_path, 300)
    store = TileStore(tmp_path)
    for path in ("tile/0/001", "tile/0/001.p/45", "tile/0/002.p/1", "tile/1/000", "tile/1/000.p/2", "tile/2/000.p/1"):
        with pytest.raises(Absent):
            store.serve(path)
    for path in ("tile/0/001.p/44", "tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/000", "checkpoint", "vkey"):
        assert store.serve(path)


@pytest.mark.parametrize(
    "path", ["", "key", "../key", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/../../key", ".lock"]
)
def test_what_is_no_path_of_a_log_is_not_served(tmp_path: Path, path: str) -> None:
    written(tmp_path / "log", 3)
    (tmp_path / "key").write_text("secret")
    (tmp_path / "log" / "key").write_text("secret")
    with pytest.raises(Malformed):
        TileStore(tmp_path / "log").serve(path)


def test_an_empty_folder_serves_nothing(tmp_path: Path) -> None:
    for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000"):
        with pytest.raises(Absent):
            TileStore(tmp_path).serve(path)
    assert (TileStore(tmp_path).checkpoint(), TileStore(tmp_path).size()) == (None, 0)


def test_strange_files_beside_the_tiles_do_no_harm(tmp_path: Path) -> None:
    written(tmp_path, 5)
    (tmp_path / "tile/0/000.p/readme").write_text("hello")
    (tmp_path / "tile/0/000.p/٧").write_text("hello")
    assert TileStore(tmp_path).serve("tile/0/000.p/3") == b"".join(leaf_hashes(events(3)))


def test_a_reader_beside_a_growing_log_always_finds_what_its_checkpoint_covers(tmp_path: Path) -> None:
    """Whatever checkpoint a reader holds, every tile of it can be read, while the writer replaces partial ones."""
    written(tmp_path, 1)
    done = threading.Event()

    def grow() -> None:
        with writing(tmp_path) as writer:
            while writer.size < 700:
                writer.append(events(writer.size + 7, writer.size))
        done.set()

    writer = threading.Thread(target=grow)
    writer.start()
    rounds, store = 0, TileStore(tmp_path)
    try:
        while not done.is_set() or rounds == 0:
            size = store.size()
            for tile in tiles_of(size):
                data = store.serve(tile.path)
                assert len(data) == tile.width * 32 or len(split_bundle(data)) == tile.width
            rounds += 1
    finally:
        writer.join()
    assert verify_log(store, POLICY).ok


@pytest.mark.parametrize("size", [0, 1, 256, 700])
def test_a_mirror_holds_the_same_log(tmp_path: Path, size: int) -> None:
    (head,) = written(tmp_path / "log", size)
    assert mirror(TileStore(tmp_path / "log"), TileStore(tmp_path / "copy")) == head.checkpoint
    assert verify_log(TileStore(tmp_path / "copy"), POLICY) == verify_log(TileStore(tmp_path / "log"), POLICY)
    copied = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert copied == {"checkpoint", "vkey", *(tile.path for tile in tiles_of(size))}


def test_a_mirror_of_an_incomplete_log_has_no_checkpoint(tmp_path: Path) -> None:
    (head,) = written(tmp_path / "log", 5)
    source = MemorySource(events(5), checkpoint=head.signed, vkey=b"")
    del source.files[tile_at(0, 0, 5).path]
    with pytest.raises(Absent):
        mirror(source, TileStore(tmp_path / "copy"))
    assert not (tmp_path / "copy" / "checkpoint").exists()
