"""The offline verifier on sound logs: what it says, what it rests on, and what its caller sees."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.transparency.checkpoint import Checkpoint, sign
from shared.transparency.failures import Absent
from shared.transparency.hashes import EMPTY_ROOT
from shared.transparency.report import Problem, essential
from shared.transparency.tile_store import TileStore
from shared.transparency.verify import verify_entries, verify_log
from shared.transparency.witness import last_seen
from shared.transparency.witness_client import cosign
from tests.contracts.transparency.logs import (
    KEY,
    NEXT_KEY,
    ORIGIN,
    POLICY,
    STRANGERS_KEY,
    WITNESSED,
    events,
    watcher,
    writing,
    written,
)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000, 65_537])
def test_a_sound_log(tmp_path: Path, size: int) -> None:
    (head,) = written(tmp_path, size)
    report = verify_log(TileStore(tmp_path), POLICY)
    assert (report.ok, report.first_bad, report.problems) == (True, None, ())
    assert (report.origin, report.size, report.checked) == (ORIGIN, size, size)
    assert (report.root, report.quorum, report.key_source) == (head.checkpoint.root, None, "policy")


def test_without_a_policy_the_key_comes_from_the_source_and_the_report_says_so(tmp_path: Path) -> None:
    written(tmp_path, 5)
    report = verify_log(TileStore(tmp_path))
    assert (report.ok, report.key_source) == (True, "source")
    assert report.basis.startswith("key taken from the source: proves consistency only")
    assert verify_log(TileStore(tmp_path), POLICY).basis.startswith("keys taken from the policy")


def test_the_report_says_whether_anyone_remembered_anything(tmp_path: Path) -> None:
    first, _ = written(tmp_path, 5, 9)
    alone = verify_log(TileStore(tmp_path), POLICY)
    held = verify_log(TileStore(tmp_path), POLICY, [("my checkpoint of March", first.signed)])
    assert "a rollback or a fork would not show" in alone.basis
    assert held.basis == "keys taken from the policy; continues my checkpoint of March"
    many = replace(held, compared=tuple(f"the head of day {day}" for day in range(1, 6)))
    assert many.basis == "keys taken from the policy; continues the head of day 1, 3 more, and the head of day 5"
    assert held.compared == ("my checkpoint of March",)


def test_a_quorum_that_is_asked_for_is_asked_for(tmp_path: Path) -> None:
    with writing(tmp_path / "log") as writer:
        head, witness = writer.append(events(5)), watcher(tmp_path / "w", now=99)
        alone = verify_log(TileStore(tmp_path / "log"), WITNESSED)
        assert (alone.ok, alone.quorum, dict(alone.cosigned)) == (False, False, {})
        assert [each.reason for each in alone.problems] == ["too few witnesses cosigned the checkpoint: 0"]
        writer.attach(cosign(witness.add_checkpoint, writer.tree(), head.signed, witness.verifier), [witness.verifier])
    report = verify_log(
        TileStore(tmp_path / "log"), WITNESSED, [("witness w1", last_seen(tmp_path / "w", ORIGIN) or b"")]
    )
    assert (report.ok, report.quorum, dict(report.cosigned)) == (True, True, {"w1": 99})
    assert report.compared == ("witness w1",)


def test_the_caller_sees_every_entry_in_order_and_may_object(tmp_path: Path) -> None:
    written(tmp_path, 600)
    seen: list[tuple[int, bytes]] = []

    def watch(position: int, entry: bytes) -> str | None:
        seen.append((position, entry))
        return "not the row in the store" if position in (300, 301) else None

    report = verify_log(TileStore(tmp_path), POLICY, watch=watch)
    assert seen == list(enumerate(events(600)))
    assert report.first_bad == Problem("not the row in the store", 300, 300)
    assert [each.position for each in report.problems] == [300, 301]


def test_a_log_that_grows_while_it_is_verified(tmp_path: Path) -> None:
    """The report is about the head that was read, whatever is published meanwhile."""
    with writing(tmp_path) as writer:
        head = writer.append(events(300))

        def grow(position: int, _: bytes) -> None:
            if position % 50 == 0:
                writer.append(events(writer.size + 40, writer.size))

        report = verify_log(TileStore(tmp_path), POLICY, watch=grow)
    assert (report.problems, report.size, report.root) == ((), 300, head.checkpoint.root)


def test_no_log_at_all(tmp_path: Path) -> None:
    report = verify_log(TileStore(tmp_path), POLICY)
    assert (report.ok, report.size, report.root, report.checked) == (False, 0, EMPTY_ROOT, 0)
    assert report.first_bad == Problem("the checkpoint: there is no checkpoint")
    assert [each.reason for each in verify_log(TileStore(tmp_path)).problems] == [
        "the source's own keys: there is no vkey",
        "the checkpoint: there is no checkpoint",
    ]


@pytest.mark.parametrize("vkeys", [b"", b"nonsense\n", b"\xff\n", STRANGERS_KEY.verifier.text.encode() + b"\n"])
def test_keys_of_the_source_that_do_not_fit(tmp_path: Path, vkeys: bytes) -> None:
    written(tmp_path, 5)
    (tmp_path / "vkey").write_bytes(vkeys)
    report = verify_log(TileStore(tmp_path))
    assert not report.ok
    assert report.first_bad is not None
    assert report.first_bad.position is None
    assert report.checked == 5


def test_a_fault_of_reading_is_not_a_fault_of_the_log(tmp_path: Path) -> None:
    written(tmp_path, 5)

    class Unreachable(TileStore):
        def read(self, path: str) -> bytes:
            if path.startswith("tile/"):
                raise TimeoutError("no answer")
            return super().read(path)

    with pytest.raises(TimeoutError):
        verify_log(Unreachable(tmp_path), POLICY)


def test_remembered_heads_that_can_not_be_used_are_problems(tmp_path: Path) -> None:
    (head,) = written(tmp_path, 5)
    strangers = sign(head.checkpoint, [STRANGERS_KEY])
    report = verify_log(TileStore(tmp_path), POLICY, [("A", strangers), ("B", b"nonsense"), ("C", head.signed)])
    assert [each.reason.split(":")[0] for each in report.problems] == ["A", "B"]
    assert report.compared == ("C",)
    other = sign(Checkpoint("other.example", 0, EMPTY_ROOT), [KEY])
    assert not verify_log(TileStore(tmp_path), POLICY, [("another log's", other)]).ok


def test_a_remembered_head_by_the_key_before_a_rotation(tmp_path: Path) -> None:
    (before,) = written(tmp_path, 5)
    with writing(tmp_path, [KEY, NEXT_KEY]) as writer:
        writer.append(events(9, 5))
    assert verify_log(TileStore(tmp_path), POLICY, [("before", before.signed)]).ok
    assert verify_log(TileStore(tmp_path), None, [("before", before.signed)]).ok


def test_entries_without_tiles(tmp_path: Path) -> None:
    heads = written(tmp_path, 0, 5, 300, 700)
    remembered = [(f"head {head.checkpoint.size}", head.signed) for head in heads]
    report = verify_entries(events(700), heads[-1].signed, POLICY, remembered=remembered)
    assert (report.ok, report.size, report.checked, report.key_source) == (True, 700, 700, "policy")
    assert report.compared == ("head 0", "head 5", "head 300", "head 700")


def test_entries_beyond_the_head_are_not_read(tmp_path: Path) -> None:
    (head,) = written(tmp_path, 300)
    read = []

    def topic() -> Iterator[bytes]:
        for entry in events(900):
            read.append(entry)
            yield entry

    assert verify_entries(topic(), head.signed, POLICY).ok
    assert len(read) == 300


def test_entries_with_the_sources_own_keys(tmp_path: Path) -> None:
    (head,) = written(tmp_path, 5)
    report = verify_entries(events(5), head.signed, vkeys=(tmp_path / "vkey").read_bytes())
    assert (report.ok, report.key_source) == (True, "source")
    assert not verify_entries(events(5), head.signed).ok
    assert not verify_entries(events(5), b"nonsense", POLICY).ok


@pytest.mark.parametrize(
    ("at", "first", "last"), [(2, 0, 4), (5, 5, 299), (299, 5, 299), (300, 300, 699), (699, 300, 699)]
)
def test_the_more_is_remembered_the_narrower_a_fault_is_placed(tmp_path: Path, at: int, first: int, last: int) -> None:
    heads = written(tmp_path, 5, 300, 700)
    entries = events(700)
    entries[at] = b"altered"
    remembered = [(str(head.checkpoint.size), head.signed) for head in heads]
    bad = verify_entries(entries, heads[-1].signed, POLICY, remembered=remembered).first_bad
    assert bad is not None
    assert (bad.position, bad.through, bad.exact) == (first, last, False)


@pytest.mark.parametrize("kept", [0, 4, 256, 699])
def test_missing_entries_are_missed(tmp_path: Path, kept: int) -> None:
    (head,) = written(tmp_path, 700)
    report = verify_entries(events(kept), head.signed, POLICY)
    assert report.first_bad == Problem("entries are missing from here on", kept, 699)
    assert report.checked == kept


def test_problems_that_only_repeat_a_narrower_one_are_left_out() -> None:
    exact, tile, root, word = Problem("a", 5, 5), Problem("b", 0, 255), Problem("c", 0, 999), Problem("d")
    apart = Problem("e", 300, 310)
    assert essential([root, word, tile, exact, apart]) == (exact, apart, word)
    assert essential([root, tile]) == (tile,)
    assert essential([tile, Problem("twin", 0, 255)]) == (tile, Problem("twin", 0, 255))
    assert essential([word]) == (word,)


def test_the_source_names_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(Absent, match=r"tile/0/000\.p/5"):
        TileStore(tmp_path).read("tile/0/000.p/5")
