"""A witness: every answer of c2sp.org/tlog-witness, one log at a time, lasting before it is given; and its client."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.transparency import note
from shared.transparency.checkpoint import Checkpoint, Head, open_checkpoint, peek, sign
from shared.transparency.disk import Disk
from shared.transparency.failures import Forked, Malformed, RolledBack, Unproven
from shared.transparency.guard import Stance, insist, stance
from shared.transparency.hashes import EMPTY_ROOT
from shared.transparency.keys import LOG, WITNESS, SigningKey
from shared.transparency.tile_store import TileStore
from shared.transparency.tree_reader import TreeReader
from shared.transparency.witness import Witness
from shared.transparency.witness_client import cosign
from shared.transparency.witness_protocol import AddCheckpoint, Answer, parse_add_checkpoint
from tests.contracts.transparency.broken_disks import ForgetfulDisk, Killed, StepDisk, failed, killed, steps_of
from tests.contracts.transparency.logs import (
    KEY,
    ORIGIN,
    STRANGERS_KEY,
    WITNESS_KEY,
    WITNESSED,
    events,
    watcher,
    writing,
    written,
)
from tests.contracts.transparency.public import REKOR_736, rekor

SIZES = (0, 3, 8, 20)


class Grown:
    """A log that was signed at several sizes, and requests from one of them to another."""

    def __init__(self, folder: Path) -> None:
        self.heads = {head.checkpoint.size: head for head in written(folder, *SIZES)}
        self.tree = TreeReader(TileStore(folder), SIZES[-1])

    def request(self, old: int, new: int, **changes: object) -> bytes:
        proof = tuple(self.tree.consistency(old, new)) if old <= new else ()
        fields = {"old": old, "proof": proof, "signed": self.heads[new].signed} | changes
        return AddCheckpoint(**fields).render()


@pytest.fixture
def log(tmp_path: Path) -> Grown:
    return Grown(tmp_path / "log")


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return watcher(tmp_path / "witness")


def accepted(answer: Answer, head: Head) -> None:
    status, kind, body = answer
    assert (status, kind) == (200, "text/plain; charset=utf-8"), body
    text = head.checkpoint.text
    assert note.opened(note.Note(text, note.parse_signatures(body.decode())), [WITNESS_KEY.verifier]).signed


def refused(answer: Answer, status: int) -> None:
    assert answer[0] == status, answer
    assert answer[1] == "text/plain; charset=utf-8"


def test_a_log_that_only_grows_is_cosigned_all_the_way(log: Grown, witness: Witness) -> None:
    known = 0
    for size in SIZES:
        accepted(witness.add_checkpoint(log.request(known, size)), log.heads[size])
        known = size
        latest = witness.latest(ORIGIN)
        assert latest is not None
        verdict = WITNESSED.check(latest)
        assert (verdict.head.checkpoint.size, verdict.quorum) == (size, True)
        assert dict(verdict.cosigned) == {"w1": 1_700_000_000}


def test_the_first_head_needs_no_proof_and_takes_none(log: Grown, witness: Witness) -> None:
    refused(witness.add_checkpoint(log.request(0, 8, proof=(bytes(32),))), 422)
    assert witness.latest(ORIGIN) is None
    accepted(witness.add_checkpoint(log.request(0, 8)), log.heads[8])


def test_the_same_head_again_is_cosigned_again(log: Grown, tmp_path: Path) -> None:
    times = iter([5, 6])
    witness = Witness(tmp_path / "witness", WITNESS_KEY, {ORIGIN: [KEY.verifier]}, lambda: next(times))
    lines = [witness.add_checkpoint(request)[2] for request in (log.request(0, 8), log.request(8, 8))]
    assert lines[0] != lines[1]
    latest = witness.latest(ORIGIN)
    assert latest is not None
    assert dict(WITNESSED.check(latest).cosigned) == {"w1": 6}


def test_404_for_an_unknown_origin(log: Grown, tmp_path: Path) -> None:
    nobody = Witness(tmp_path / "w", WITNESS_KEY, {"other.example": [KEY.verifier]}, lambda: 1)
    refused(nobody.add_checkpoint(log.request(0, 8)), 404)


def test_403_without_a_trusted_signature(log: Grown, witness: Witness) -> None:
    by_a_stranger = sign(log.heads[8].checkpoint, [STRANGERS_KEY])
    refused(witness.add_checkpoint(log.request(0, 8, signed=by_a_stranger)), 403)
    bad = log.heads[8].signed.replace(b"\n8\n", b"\n9\n")
    refused(witness.add_checkpoint(log.request(0, 8, signed=bad)), 403)
    assert witness.latest(ORIGIN) is None


def test_signatures_of_strangers_beside_the_logs_own_are_ignored_and_not_kept(log: Grown, witness: Witness) -> None:
    both = sign(log.heads[8].checkpoint, [STRANGERS_KEY, KEY])
    accepted(witness.add_checkpoint(log.request(0, 8, signed=both)), log.heads[8])
    latest = witness.latest(ORIGIN)
    assert latest is not None
    assert [each.name for each in note.parse(latest).signatures] == [ORIGIN, WITNESS_KEY.name]


def test_400_when_the_old_size_is_above_the_new(log: Grown, witness: Witness) -> None:
    refused(witness.add_checkpoint(log.request(9, 8)), 400)


@pytest.mark.parametrize("old", [0, 3, 20])
def test_409_and_the_remembered_size_when_the_old_size_is_not_that(log: Grown, witness: Witness, old: int) -> None:
    accepted(witness.add_checkpoint(log.request(0, 8)), log.heads[8])
    assert witness.add_checkpoint(log.request(old, 20)) == (409, "text/x.tlog.size", b"8\n")


def test_409_from_a_witness_that_has_seen_nothing_names_size_0(log: Grown, witness: Witness) -> None:
    assert witness.add_checkpoint(log.request(3, 8)) == (409, "text/x.tlog.size", b"0\n")


@pytest.mark.parametrize(
    "proof",
    [(), (bytes(32),), "short", "long", "swapped"],
)
def test_422_when_the_proof_fails(log: Grown, witness: Witness, proof: Sequence[bytes] | str) -> None:
    accepted(witness.add_checkpoint(log.request(0, 3)), log.heads[3])
    good = tuple(log.tree.consistency(3, 20))
    wrong = {"short": good[:-1], "long": (*good, bytes(32)), "swapped": (good[1], good[0], *good[2:])}.get(
        str(proof), proof
    )
    refused(witness.add_checkpoint(log.request(3, 20, proof=tuple(wrong))), 422)
    latest = witness.latest(ORIGIN)
    assert latest is not None
    assert peek(latest).size == 3


def test_422_for_another_root_at_the_same_size(log: Grown, witness: Witness) -> None:
    accepted(witness.add_checkpoint(log.request(0, 8)), log.heads[8])
    fork = sign(Checkpoint(ORIGIN, 8, bytes(32)), [KEY])
    refused(witness.add_checkpoint(log.request(8, 8, signed=fork)), 422)


def test_422_for_a_fork_that_is_longer(log: Grown, witness: Witness, tmp_path: Path) -> None:
    accepted(witness.add_checkpoint(log.request(0, 8)), log.heads[8])
    with writing(tmp_path / "fork") as writer:
        head = writer.append([b"another", *events(20, 1)])
        proof = tuple(writer.tree().consistency(8))
    refused(witness.add_checkpoint(AddCheckpoint(8, proof, head.signed).render()), 422)


SIGNED = sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), [KEY])
HASH = b"A" * 43 + b"="


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        SIGNED,
        b"\n" + SIGNED,
        b"old\n\n" + SIGNED,
        b"old \n\n" + SIGNED,
        b"old 00\n\n" + SIGNED,
        b"old -1\n\n" + SIGNED,
        b"old +0\n\n" + SIGNED,
        b"old  0\n\n" + SIGNED,
        b"Old 0\n\n" + SIGNED,
        b"new 0\n\n" + SIGNED,
        b"old 0\r\n\r\n" + SIGNED,
        b"old 0\n" + SIGNED,
        b"old 0\n" + HASH[:-1] + b"\n\n" + SIGNED,
        b"old 0\n" + b"A" * 40 + b"\n\n" + SIGNED,
        b"old 0\n" + HASH + b" \n\n" + SIGNED,
        b"old 0\n\xff\n\n" + SIGNED,
        b"old 0\n" + (HASH + b"\n") * 64 + b"\n" + SIGNED,
        b"old 0\n\n",
        b"old 0\n\n" + SIGNED[:-1],
        b"old 0\n\n\n" + SIGNED,
        b"old 0\n\nnot a checkpoint\n\n" + SIGNED.partition(b"\n\n")[2],
        b"old 0\n\n" + SIGNED + b"x" * 2_000_000,
    ],
)
def test_400_for_what_is_no_request(witness: Witness, body: bytes) -> None:
    refused(witness.add_checkpoint(body), 400)


def test_a_proof_has_up_to_63_lines() -> None:
    request = AddCheckpoint(5, tuple(bytes([at] * 32) for at in range(63)), SIGNED)
    assert parse_add_checkpoint(request.render()) == request
    with pytest.raises(Malformed):
        parse_add_checkpoint(AddCheckpoint(5, (bytes(32),) * 64, SIGNED).render())


def test_a_witness_has_a_cosigners_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cosigner's key"):
        Witness(tmp_path, SigningKey("w", LOG, bytes(32)), {}, lambda: 1)


def test_origins_are_kept_apart_and_lead_to_no_other_folder(tmp_path: Path) -> None:
    keys = [SigningKey(origin, LOG, bytes(32)) for origin in ("a/b", "a%2Fb", "../x", "a", "A")]
    witness = Witness(tmp_path / "w", WITNESS_KEY, {key.name: [key.verifier] for key in keys}, lambda: 1)
    for key in keys:
        signed = sign(Checkpoint(key.name, 0, EMPTY_ROOT), [key])
        assert witness.add_checkpoint(AddCheckpoint(0, (), signed).render())[0] == 200
    assert [peek(witness.latest(key.name) or b"").origin for key in keys] == [key.name for key in keys]
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path / "w"}
    assert len([path for path in (tmp_path / "w").iterdir() if path.suffix == ".checkpoint"]) == len(keys)


def test_a_real_log_can_be_witnessed(tmp_path: Path) -> None:
    witness = Witness(tmp_path, WITNESS_KEY, {rekor().name: [rekor()]}, lambda: 9)
    assert witness.add_checkpoint(AddCheckpoint(0, (), REKOR_736.encode()).render())[0] == 200
    assert witness.add_checkpoint(AddCheckpoint(0, (), REKOR_736.encode()).render())[1:] == (
        "text/x.tlog.size",
        b"736\n",
    )


def test_of_two_requests_at_once_one_wins(log: Grown, tmp_path: Path) -> None:
    """The race of the specification: without one atomic step the smaller head could replace the larger."""
    for at in range(20):
        assert sorted(asked_at_once(tmp_path / str(at), [log.request(0, size) for size in (3, 8, 20, 8)])) == [
            200,
            409,
            409,
            409,
        ]


def asked_at_once(folder: Path, requests: list[bytes]) -> list[int]:
    """The statuses that a witness per request, all on one folder, give to requests that start together."""
    start, statuses = threading.Barrier(len(requests)), list[int]()

    def ask(request: bytes) -> None:
        start.wait()
        statuses.append(watcher(folder).add_checkpoint(request)[0])

    threads = [threading.Thread(target=ask, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_what_was_answered_is_on_the_disk_and_what_was_not_is_not_half_there(log: Grown, tmp_path: Path) -> None:
    def run(folder: Path, disk: Disk) -> Answer:
        witness = Witness(folder, WITNESS_KEY, {ORIGIN: [KEY.verifier]}, lambda: 1, disk)
        return witness.add_checkpoint(log.request(8, 20))

    def seen_at_8(folder: Path) -> Path:
        watcher(folder).add_checkpoint(log.request(0, 8))
        return folder

    steps = steps_of(lambda disk: run(seen_at_8(tmp_path / "count"), disk))
    assert steps >= 3
    for at in range(1, steps + 1):
        for end, error in ((killed, Killed), (failed, OSError)):
            folder = seen_at_8(tmp_path / f"{at}-{end.__name__}")
            with pytest.raises(error):
                run(folder, StepDisk(at, end, "half"))
            assert peek(watcher(folder).latest(ORIGIN) or b"").size in (8, 20)
    for at in range(1, steps + 2):
        folder = seen_at_8(tmp_path / f"{at}-power")
        disk = ForgetfulDisk(folder, at)
        try:
            answered: int | None = run(folder, disk)[0]
        except Killed:
            answered = None
        disk.after_power_cut(tmp_path / f"{at}-survived", None)
        survived = peek(watcher(tmp_path / f"{at}-survived").latest(ORIGIN) or b"").size
        assert survived == (20 if answered == 200 else 8)


def test_a_client_gets_its_cosignature_wherever_the_witness_is(log: Grown, witness: Witness) -> None:
    for size, believed in ((3, 0), (8, 0), (8, 8), (20, 3)):
        tree = TreeReader(log.tree._source, size)
        lines = cosign(witness.add_checkpoint, tree, log.heads[size].signed, witness.verifier, believed)
        head = open_checkpoint(log.heads[size].signed + lines, [KEY.verifier], [witness.verifier])
        assert head.opened.by(witness.verifier) is not None


def test_a_client_learns_that_its_log_was_rolled_back(log: Grown, witness: Witness) -> None:
    cosign(witness.add_checkpoint, log.tree, log.heads[20].signed, witness.verifier)
    with pytest.raises(RolledBack, match="seen it at 20"):
        cosign(witness.add_checkpoint, TreeReader(log.tree._source, 8), log.heads[8].signed, witness.verifier)


def test_a_client_learns_that_its_log_was_forked(log: Grown, witness: Witness, tmp_path: Path) -> None:
    cosign(witness.add_checkpoint, TreeReader(log.tree._source, 8), log.heads[8].signed, witness.verifier)
    with writing(tmp_path / "fork") as writer:
        head = writer.append([b"another", *events(20, 1)])
        with pytest.raises(Forked):
            cosign(witness.add_checkpoint, writer.tree(), head.signed, witness.verifier)


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/plain", b""),
        (200, "text/plain", b"\xff\n"),
        (200, "text/plain", b"thank you\n"),
        (200, "text/plain", note.Signature("w", b"1234", bytes(72)).line.encode()),
        (403, "text/plain", b"no\n"),
        (404, "text/plain", b"who?\n"),
        (409, "text/plain", b"no\n"),
        (409, "text/x.tlog.size", b"many\n"),
        (409, "text/x.tlog.size", b"\xff\n"),
        (500, "text/html", b"<h1>oops</h1>"),
        (409, "text/x.tlog.size", b"3\n"),  # whatever it is asked
    ],
)
def test_a_client_takes_nothing_for_a_cosignature_that_is_none(log: Grown, answer: Answer) -> None:
    with pytest.raises(Unproven):
        cosign(lambda _: answer, log.tree, log.heads[20].signed, WITNESS_KEY.verifier)


def test_a_client_does_not_take_a_cosignature_of_another_head(log: Grown, witness: Witness) -> None:
    lines = cosign(witness.add_checkpoint, TreeReader(log.tree._source, 8), log.heads[8].signed, witness.verifier)
    with pytest.raises(Unproven, match="is bad"):
        cosign(lambda _: (200, "text/plain", lines), log.tree, log.heads[20].signed, witness.verifier)


def test_attached_cosignatures_stay_with_the_head(tmp_path: Path) -> None:
    witness, other = watcher(tmp_path / "w1"), SigningKey("witness.example/w2", WITNESS, bytes([9] * 32))
    second = Witness(tmp_path / "w2", other, {ORIGIN: [KEY.verifier]}, lambda: 2)
    with writing(tmp_path / "log") as writer:
        head, lines = writer.append(events(5)), b""
        for each in (witness, second, witness):
            lines = cosign(each.add_checkpoint, writer.tree(), head.signed, each.verifier, 0)
            head = writer.attach(lines, [witness.verifier, other.verifier])
        assert [each.name for each in note.parse(head.signed).signatures] == [ORIGIN, other.name, WITNESS_KEY.name]
        with pytest.raises(Unproven):
            writer.attach(lines, [other.verifier])
        with pytest.raises(Unproven):
            writer.attach(note.Signature(other.name, other.verifier.id, bytes(72)).line.encode(), [other.verifier])
        with pytest.raises(Malformed):
            writer.attach(b"nonsense\n", [other.verifier])
        assert writer.append([]) == head
        writer.append(events(6, 5))
    with writing(tmp_path / "log") as writer:
        assert writer.size == 6


def test_without_a_head_there_is_nothing_to_attach_to(tmp_path: Path) -> None:
    with writing(tmp_path) as writer, pytest.raises(Unproven, match="no head yet"):
        writer.attach(b"\n", [WITNESS_KEY.verifier])


def test_where_a_log_stands_in_the_eyes_of_its_witness(log: Grown, tmp_path: Path) -> None:
    at_8 = TreeReader(log.tree._source, 8)
    heads = {size: head.checkpoint for size, head in log.heads.items()}
    assert stance(at_8, heads[3]) == Stance.AHEAD
    assert stance(at_8, heads[8]) == Stance.EQUAL
    assert stance(at_8, heads[20]) == Stance.BEHIND
    assert stance(at_8, Checkpoint(ORIGIN, 8, bytes(32))) == Stance.FORK
    assert stance(at_8, Checkpoint(ORIGIN, 3, bytes(32))) == Stance.FORK
    assert stance(at_8, heads[0]) == Stance.AHEAD
    assert stance(at_8, None) == Stance.AHEAD
    empty = TreeReader(TileStore(tmp_path), 0)
    assert (stance(empty, None), stance(empty, heads[0])) == (Stance.EQUAL, Stance.EQUAL)
    assert stance(empty, heads[3]) == Stance.BEHIND
    insist(at_8, heads[8])
    with pytest.raises(RolledBack):
        insist(at_8, heads[20])
    with pytest.raises(Forked):
        insist(at_8, Checkpoint(ORIGIN, 3, bytes(32)))
