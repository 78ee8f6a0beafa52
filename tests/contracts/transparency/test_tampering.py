"""Every class of tampering is found, fifty times each; and a verifier that only compares roots misses most of them."""

import random
from collections.abc import Callable
from functools import cache

import pytest

from shared.transparency.checkpoint import Checkpoint, Head, open_checkpoint, peek, sign
from shared.transparency.hashes import leaf_hashes, merkle_root
from shared.transparency.keys import SigningKey
from shared.transparency.policy import Policy
from shared.transparency.tiles import encode_bundle, tile_at, tiles_of
from shared.transparency.verify import verify_log
from tests.contracts.transparency.logs import KEY, ORIGIN, POLICY, STRANGERS_KEY, events
from tests.contracts.transparency.memory import MemorySource

pytestmark = pytest.mark.fault

ROUNDS = range(50)
SIZE, EARLIER = 700, 300


def log_of(entries: list[bytes], key: SigningKey = KEY) -> MemorySource:
    head = sign(Checkpoint(ORIGIN, len(entries), merkle_root(leaf_hashes(entries))), [key])
    return MemorySource(entries, checkpoint=head, vkey=key.verifier.text.encode() + b"\n")


@cache
def sound() -> MemorySource:
    return log_of(events(SIZE))


@cache
def earlier() -> bytes:
    return log_of(events(EARLIER)).files["checkpoint"]


def copy() -> MemorySource:
    source = MemorySource([])
    source.files = dict(sound().files)
    return source


def with_entries(entries: list[bytes]) -> MemorySource:
    """Bundles rewritten throughout, tiles and checkpoint left: what a hand in the store alone can do."""
    source = copy()
    for index in range(-(-SIZE // 256)):
        bundle = tile_at(None, index, SIZE)
        source.files[bundle.path] = encode_bundle(entries[index * 256 : index * 256 + bundle.width])
    return source


def with_all_but_the_key(entries: list[bytes]) -> MemorySource:
    """Bundles and all tiles rewritten, so that they agree with each other; only the checkpoint can't be made."""
    source = MemorySource(entries)
    source.files |= {name: sound().files[name] for name in ("checkpoint", "vkey")}
    return source


def flip(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def roots_only(source: MemorySource) -> bool:
    """The control: signature good, and the root of the stored leaf hashes is the signed one."""
    head: Head = open_checkpoint(source.read("checkpoint"), [KEY.verifier])
    leaves: list[bytes] = []
    for tile in tiles_of(head.checkpoint.size):
        if tile.level == 0:
            data = source.read(tile.path)
            leaves += [data[at : at + 32] for at in range(0, len(data), 32)]
    return merkle_root(leaves) == head.checkpoint.root


def places(rng: random.Random) -> tuple[int, int]:
    one, two = sorted(rng.sample(range(SIZE), 2))
    return one, two


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_flipped_bit_in_an_entry_is_found_and_named(seed: int) -> None:
    rng = random.Random(f"entry {seed}")
    entries, at = events(SIZE), rng.randrange(SIZE)
    entries[at] = flip(entries[at], rng)
    named(with_entries(entries), at)


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_flipped_bit_anywhere_in_a_bundle_is_found_at_its_entry(seed: int) -> None:
    """Lengths included: a length that changed shifts the rest, but the first entry that differs is the one."""
    rng = random.Random(f"bundle {seed}")
    source, index = copy(), rng.randrange(3)
    path = tile_at(None, index, SIZE).path
    before = source.files[path]
    source.files[path] = flip(before, rng)
    changed = next(at for at, (a, b) in enumerate(zip(before, source.files[path], strict=True)) if a != b)
    starts, at = [], 0
    while at < len(before):
        starts.append(at)
        at += 2 + int.from_bytes(before[at : at + 2])
    named(source, index * 256 + sum(start <= changed for start in starts) - 1)


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_deleted_entry_is_found_and_named(seed: int) -> None:
    entries, at = events(SIZE), random.Random(f"delete {seed}").randrange(SIZE)
    del entries[at]
    named(with_entries(entries), at)


@pytest.mark.parametrize("seed", ROUNDS)
def test_an_inserted_entry_is_found_and_named(seed: int) -> None:
    entries, at = events(SIZE), random.Random(f"insert {seed}").randrange(SIZE)
    entries.insert(at, b"never happened")
    named(with_entries(entries), at)


@pytest.mark.parametrize("seed", ROUNDS)
def test_swapped_entries_are_found_and_the_first_is_named(seed: int) -> None:
    entries, (one, two) = events(SIZE), places(random.Random(f"swap {seed}"))
    entries[one], entries[two] = entries[two], entries[one]
    source = with_entries(entries)
    named(source, one)
    assert [each.position for each in verify_log(source, POLICY).problems if each.exact] == sorted(
        {one} if one // 256 == two // 256 else {one, two}
    )


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_truncated_tail_is_found(seed: int) -> None:
    """Files removed from some bundle on, the checkpoint kept."""
    source, first = copy(), random.Random(f"truncate {seed}").randrange(3)
    for index in range(first, 3):
        for level in (None, 0) if seed % 2 else (None,):
            del source.files[tile_at(level, index, SIZE).path]
    report = verify_log(source, POLICY)
    assert report.first_bad is not None
    assert report.first_bad.position == first * 256
    assert report.checked == first * 256


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_changed_tile_is_found_where_it_stands(seed: int) -> None:
    rng = random.Random(f"tile {seed}")
    source = copy()
    tile = rng.choice([each for each in tiles_of(SIZE) if each.level is not None])
    at = rng.randrange(tile.width)
    data = source.files[tile.path]
    source.files[tile.path] = data[: at * 32] + flip(data[at * 32 : at * 32 + 32], rng) + data[at * 32 + 32 :]
    bad = verify_log(source, POLICY).first_bad
    assert bad is not None
    span = 256 ** (tile.level or 0)
    assert (bad.position, bad.through) == ((tile.index * 256 + at) * span, (tile.index * 256 + at + 1) * span - 1)


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_history_rewritten_without_the_key_is_found_and_placed_as_far_as_memory_reaches(seed: int) -> None:
    rng = random.Random(f"rewrite {seed}")
    entries, at = events(SIZE), rng.randrange(SIZE)
    entries[at] = b"rewritten"
    source = with_all_but_the_key(entries)
    alone, held = verify_log(source, POLICY), verify_log(source, POLICY, [("held", earlier())])
    assert (alone.first_bad and (alone.first_bad.position, alone.first_bad.through)) == (0, SIZE - 1)
    expected = (0, EARLIER - 1) if at < EARLIER else (EARLIER, SIZE - 1)
    assert (held.first_bad and (held.first_bad.position, held.first_bad.through)) == expected


@pytest.mark.parametrize("seed", ROUNDS)
def test_an_old_copy_shows_only_to_those_who_remember_more(seed: int) -> None:
    source = log_of(events(random.Random(f"old {seed}").randrange(SIZE)))
    assert verify_log(source, POLICY).ok
    report = verify_log(source, POLICY, [("the witness", sound().files["checkpoint"])])
    assert report.first_bad is not None
    assert report.first_bad.reason.startswith("rolled back: the witness has size 700")
    assert (report.first_bad.position, report.first_bad.through) == (report.size, SIZE - 1)


@pytest.mark.parametrize("seed", ROUNDS)
def test_an_old_copy_that_grew_anew_shows_only_to_those_who_remember(seed: int) -> None:
    """Restored, then continued with other entries, past the old size, and signed with the same, stolen key."""
    rng = random.Random(f"fork {seed}")
    kept, grown = rng.randrange(SIZE), rng.randrange(SIZE, SIZE + 300)
    source = log_of([*events(kept), *(b"another %d" % each for each in range(kept, grown))])
    assert verify_log(source, POLICY).ok
    report = verify_log(source, POLICY, [("my checkpoint", earlier()), ("the witness", sound().files["checkpoint"])])
    assert not report.ok
    assert report.first_bad is not None
    first = (0, EARLIER - 1) if kept < EARLIER else (EARLIER, SIZE - 1)
    assert (report.first_bad.position, report.first_bad.through) == first
    assert report.compared == (() if kept < EARLIER else ("my checkpoint",))


@pytest.mark.parametrize("seed", ROUNDS)
@pytest.mark.parametrize("changed", [False, True])
def test_a_log_signed_anew_by_another_key_shows_to_a_policy_or_to_memory(seed: int, changed: bool) -> None:
    entries = events(SIZE)
    if changed:
        entries[random.Random(f"resign {seed}").randrange(SIZE)] = b"rewritten"
    source = log_of(entries, STRANGERS_KEY)
    alone = verify_log(source)
    assert alone.ok
    assert "proves consistency only" in alone.basis
    assert not verify_log(source, POLICY).ok
    assert not verify_log(source, None, [("my checkpoint", earlier())]).ok


Tampering = Callable[[list[bytes], random.Random], None]


def bit_flip(entries: list[bytes], rng: random.Random) -> None:
    at = rng.randrange(len(entries))
    entries[at] = flip(entries[at], rng)


def delete(entries: list[bytes], rng: random.Random) -> None:
    del entries[rng.randrange(len(entries))]


def insert(entries: list[bytes], rng: random.Random) -> None:
    entries.insert(rng.randrange(len(entries)), b"never happened")


def swap(entries: list[bytes], rng: random.Random) -> None:
    one, two = rng.sample(range(len(entries)), 2)
    entries[one], entries[two] = entries[two], entries[one]


@pytest.mark.parametrize("tampering", [bit_flip, delete, insert, swap])
def test_the_control_misses_what_the_verifier_finds(tampering: Tampering) -> None:
    """A verifier that compares roots alone passes every one of these logs, whose entries are not what was signed."""
    missed = found = 0
    for seed in ROUNDS:
        entries = events(SIZE)
        tampering(entries, random.Random(f"{tampering.__name__} {seed}"))
        source = with_entries(entries)
        missed += roots_only(source)
        found += not verify_log(source, POLICY).ok
    assert (missed, found) == (50, 50)


def test_the_control_is_no_straw_man() -> None:
    """It accepts the sound log and rejects changed leaf hashes: it fails for what it does not read."""
    assert roots_only(sound())
    changed = copy()
    path = tile_at(0, 0, SIZE).path
    changed.files[path] = flip(changed.files[path], random.Random(1))
    assert not roots_only(changed)


def test_the_sound_log_passes_with_everything_remembered() -> None:
    report = verify_log(sound(), POLICY, [("my checkpoint", earlier()), ("the witness", sound().files["checkpoint"])])
    assert (report.problems, report.checked, report.compared) == ((), SIZE, ("my checkpoint", "the witness"))
    assert peek(earlier()).size == EARLIER


def named(source: MemorySource, at: int, policy: Policy = POLICY) -> None:
    """The verifier finds the log bad, and the first bad entry is this one."""
    bad = verify_log(source, policy).first_bad
    assert bad is not None
    assert (bad.position, bad.through) == (at, at), bad
