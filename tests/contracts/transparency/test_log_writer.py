"""A log grows, is signed, is read back, and never signs what does not follow from what it signed before."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.transparency.checkpoint import Checkpoint, open_checkpoint, sign
from shared.transparency.disk import Disk
from shared.transparency.failures import Absent, Forked, Malformed, RolledBack, Unproven
from shared.transparency.hashes import EMPTY_ROOT, leaf_hash, leaf_hashes, merkle_root
from shared.transparency.log_writer import LogWriter
from shared.transparency.proofs import verify_consistency
from shared.transparency.tile_store import TileStore
from shared.transparency.tiles import split_bundle, tiles_of
from shared.transparency.verify import verify_log
from tests.contracts.transparency.logs import (
    KEY,
    NEXT_KEY,
    ORIGIN,
    POLICY,
    STRANGERS_KEY,
    events,
    writing,
    written,
)
from tests.contracts.transparency.memory import MemorySource
from tests.contracts.transparency.public import (
    TESSERA,
    TESSERA_ENTRIES,
    TESSERA_KEY,
    tessera_checkpoint,
)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_published_log_is_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    """All sixteen checkpoints of Tessera's test log, and its tiles and bundles at every size."""
    with LogWriter(TileStore(tmp_path), [TESSERA_KEY]) as writer:
        for size in range(16):
            writer.append(TESSERA_ENTRIES[writer.size : size])
            assert (tmp_path / "checkpoint").read_text() == tessera_checkpoint(size)
            if size:
                assert (tmp_path / f"tile/0/000.p/{size}").read_bytes() == b"".join(leaf_hashes(TESSERA_ENTRIES[:size]))
            if size == 3:
                assert (tmp_path / "tile/entries/000.p/3").read_bytes().hex() == "00036f6e65000374776f00057468726565"
    assert (tmp_path / "vkey").read_text() == TESSERA.text + "\n"
    report = verify_log(TileStore(tmp_path))
    assert (report.ok, report.checked, report.key_source) == (True, 15, "source")


@pytest.mark.parametrize("sizes", [(0,), (1,), (255,), (256,), (257,), (3, 256), (200, 300, 700), (65_536, 70_000)])
def test_the_folder_holds_what_the_definition_says_and_nothing_else(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    heads = written(tmp_path, *sizes)
    entries = events(sizes[-1])
    assert heads[-1].checkpoint == Checkpoint(ORIGIN, len(entries), merkle_root(leaf_hashes(entries)))
    expected = MemorySource(entries).files if len(entries) < 1000 else None
    stored = {path: data for path, data in files(tmp_path).items() if path.startswith("tile/")}
    assert stored.keys() == {tile.path for tile in tiles_of(len(entries))}
    assert expected is None or stored == expected
    assert verify_log(TileStore(tmp_path), POLICY).ok


@settings(max_examples=30)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=6), st.data())
def test_any_growth_reopened_at_any_time_ends_in_the_same_log(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    sizes = list(itertools.accumulate(steps))
    before: list[Checkpoint] = []
    writer = LogWriter(TileStore(folder), [KEY])
    try:
        for size in sizes:
            if data.draw(st.booleans()):
                writer.close()
                writer = LogWriter(TileStore(folder), [KEY], known=before)
            before.append(writer.append(events(size, writer.size)).checkpoint)
        tree = writer.tree()
    finally:
        writer.close()
    assert before[-1].root == merkle_root(leaf_hashes(events(sizes[-1])))
    for old, new in itertools.combinations([head for head in before if head.size], 2):
        verify_consistency(old.size, new.size, old.root, new.root, tree.consistency(old.size, new.size))


def test_an_empty_log_has_a_head_only_after_it_was_asked_for_one(tmp_path: Path) -> None:
    with writing(tmp_path) as writer:
        assert writer.head is None
        assert writer.append([]).checkpoint == Checkpoint(ORIGIN, 0, EMPTY_ROOT)


def test_without_new_entries_nothing_is_signed_again(tmp_path: Path) -> None:
    (first,) = written(tmp_path, 5)
    before = (tmp_path / "checkpoint").stat()
    with writing(tmp_path) as writer:
        assert writer.append([]) == first
    assert (tmp_path / "checkpoint").stat().st_ino == before.st_ino


def test_entries_may_come_from_a_generator_and_are_read_once(tmp_path: Path) -> None:
    seen = []

    def rows() -> Iterator[bytes]:
        for entry in events(1000):
            seen.append(entry)
            yield entry

    with writing(tmp_path) as writer:
        writer.append(rows())
    assert seen == events(1000)


@pytest.mark.parametrize("position", [0, 5, 300])
def test_an_entry_that_is_too_long_leaves_the_log_as_it_was(tmp_path: Path, position: int) -> None:
    written(tmp_path, 3)
    before = (tmp_path / "checkpoint").read_bytes()
    entries = events(600)
    entries[position] = bytes(65_536)
    with writing(tmp_path) as writer:
        with pytest.raises(Malformed):
            writer.append(entries)
        with pytest.raises(ValueError, match="open a new one"):
            writer.append(events(1))
    assert (tmp_path / "checkpoint").read_bytes() == before
    with writing(tmp_path) as writer:
        writer.append(events(600, 3))
    assert verify_log(TileStore(tmp_path), POLICY).ok


def test_an_entry_of_65_535_bytes_is_taken(tmp_path: Path) -> None:
    with writing(tmp_path) as writer:
        writer.append([bytes(65_535), b""])
    assert split_bundle(TileStore(tmp_path).read("tile/entries/000.p/2")) == [bytes(65_535), b""]
    assert verify_log(TileStore(tmp_path), POLICY).ok


def test_only_one_writer_at_a_time(tmp_path: Path) -> None:
    with writing(tmp_path) as first:
        with pytest.raises(BlockingIOError):
            LogWriter(TileStore(tmp_path), [KEY])
        first.append(events(1))
    with writing(tmp_path) as second:
        assert second.size == 1
    with pytest.raises(ValueError, match="open a new one"):
        first.append(events(1))


def test_a_head_by_another_key_is_not_continued(tmp_path: Path) -> None:
    written(tmp_path, 5)
    with pytest.raises(Unproven):
        LogWriter(TileStore(tmp_path), [STRANGERS_KEY])
    with writing(tmp_path) as writer:  # and the refusal let go of the folder
        assert writer.size == 5


def test_a_key_is_changed_by_an_overlap(tmp_path: Path) -> None:
    written(tmp_path, 5)
    with writing(tmp_path, [KEY, NEXT_KEY]) as writer:
        head = writer.append([])
        assert head.checkpoint.size == 5
    assert (tmp_path / "vkey").read_text().splitlines() == [KEY.verifier.text, NEXT_KEY.verifier.text]
    for known in (KEY, NEXT_KEY):
        assert open_checkpoint(head.signed, [known.verifier]).checkpoint.size == 5
    with writing(tmp_path, [NEXT_KEY]) as writer:
        later = writer.append(events(9, 5))
    assert later.opened.by(NEXT_KEY.verifier) is not None
    with pytest.raises(Unproven):
        open_checkpoint(later.signed, [KEY.verifier])


def test_keys_of_two_names_or_none_are_no_log() -> None:
    for keys in ([], [KEY, TESSERA_KEY]):
        with pytest.raises(ValueError, match="origin as their name"):
            LogWriter(TileStore(Path("unused")), keys)


def test_a_folder_restored_from_an_older_copy_is_refused(tmp_path: Path) -> None:
    _, later = written(tmp_path, 5, 9)
    old = tmp_path / "old"
    written(old, 5)
    with pytest.raises(RolledBack):
        LogWriter(TileStore(old), [KEY], known=[later.checkpoint])
    with writing(tmp_path, known=[later.checkpoint]) as writer:
        assert writer.size == 9


def test_a_fork_of_a_known_head_is_refused(tmp_path: Path) -> None:
    (head,) = written(tmp_path / "a", 5)
    with writing(tmp_path / "b") as writer:
        writer.append([*events(4), b"another"])
    with pytest.raises(Forked):
        LogWriter(TileStore(tmp_path / "b"), [KEY], known=[head.checkpoint])


def test_a_known_head_of_another_log_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="says nothing about"):
        LogWriter(TileStore(tmp_path), [KEY], known=[Checkpoint("other", 0, EMPTY_ROOT)])


def test_a_checkpoint_replaced_by_another_hand_stops_the_writer(tmp_path: Path) -> None:
    with writing(tmp_path) as writer:
        writer.append(events(5))
        other = sign(Checkpoint(ORIGIN, 5, leaf_hash(b"x")), [KEY])
        (tmp_path / "checkpoint").write_bytes(other)
        with pytest.raises(Forked, match="another hand"):
            writer.append(events(9, 5))
        assert (tmp_path / "checkpoint").read_bytes() == other
    with pytest.raises(Forked, match="do not have the root"):
        LogWriter(TileStore(tmp_path), [KEY])


class LyingDisk(Disk):
    """A disk that keeps something else than it was given, once it has begun to lie."""

    lies = False

    def write(self, path: Path, data: bytes) -> None:
        super().write(path, bytes([data[0] ^ 1]) + data[1:] if self.lies else data)


@pytest.mark.parametrize("size", [1, 5, 255, 256, 300])
def test_what_the_disk_did_not_keep_is_never_signed(tmp_path: Path, size: int) -> None:
    """Before a signature the right edge is read back: a root known only to memory proves nothing."""
    disk = LyingDisk()
    with writing(tmp_path, disk=disk) as writer:
        head = writer.append(events(size))
        disk.lies = True
        with pytest.raises((Unproven, Forked)):
            writer.append(events(size + 300, size))
    assert (tmp_path / "checkpoint").read_bytes() == head.signed


def test_a_partial_tile_that_was_altered_is_replaced_by_what_the_writer_knows(tmp_path: Path) -> None:
    with writing(tmp_path) as writer:
        writer.append(events(5))
        (tmp_path / "tile/0/000.p/5").write_bytes(bytes(160))
        writer.append(events(9, 5))
    assert verify_log(TileStore(tmp_path), POLICY).ok


@pytest.mark.parametrize("what", ["tile/0/000.p/5", "tile/entries/000.p/5"])
def test_a_damaged_edge_is_not_continued(tmp_path: Path, what: str) -> None:
    written(tmp_path, 5)
    good = (tmp_path / what).read_bytes()
    (tmp_path / what).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(Forked):
        LogWriter(TileStore(tmp_path), [KEY])
    (tmp_path / what).write_bytes(good[:-1])
    with pytest.raises(Malformed):
        LogWriter(TileStore(tmp_path), [KEY])
    (tmp_path / what).unlink()
    with pytest.raises(Absent):
        LogWriter(TileStore(tmp_path), [KEY])
    (tmp_path / what).write_bytes(good)
    with writing(tmp_path) as writer:
        assert writer.size == 5
