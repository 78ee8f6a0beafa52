"""Receipts: written, read, and proving exactly one entry at one place."""

from pathlib import Path

import pytest

from shared.transparency.encoding import to_base64
from shared.transparency.failures import Absent, Malformed, Unproven
from shared.transparency.log_writer import LogWriter
from shared.transparency.policy import Party, Policy
from shared.transparency.receipt import Receipt, parse_receipt, receipt_for
from shared.transparency.tile_store import TileStore
from shared.transparency.witness_client import cosign
from tests.contracts.transparency.logs import POLICY, STRANGERS_KEY, WITNESSED, events, watcher, writing, written
from tests.contracts.transparency.public import TESSERA, TESSERA_ENTRIES, TESSERA_KEY, tessera_checkpoint

FIFTH_OF_FIFTEEN = f"""c2sp.org/tlog-proof@v1
index 5
zMKa4OAqd7D0V4wawXST15z0JiEEkprIBPkfxOesWvA=
nk9gCR+floFqznAPtqjjcnnV64dge2jQB95D5t164Hg=
zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=
5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=

{tessera_checkpoint(15)}"""

SEVEN_TO_FIFTEEN = [
    "2Q0P5jSR+TdkwdXWyx+GbBWX0KZbNZkWzCjyTPSozsw=",
    "ThcgoV2DYcK+VCxBUDWAlNxmLy2r7dq7dK7+OlgQKWs=",
    "ycRkkNklus5eMVRUvkD1pK321vMrA+jjOiZKU8aOcY4=",
    "zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=",
    "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=",
]


def test_the_published_log_gives_the_published_proofs(tmp_path: Path) -> None:
    with LogWriter(TileStore(tmp_path), [TESSERA_KEY]) as writer:
        writer.append(TESSERA_ENTRIES)
        assert [to_base64(each) for each in writer.tree().consistency(7)] == SEVEN_TO_FIFTEEN
    receipt = receipt_for(TileStore(tmp_path), 5)
    assert receipt is not None
    assert receipt.render().decode() == FIFTH_OF_FIFTEEN
    verdict = parse_receipt(receipt.render()).check(b"six", Policy((Party(TESSERA),)))
    assert verdict.head.checkpoint.size == 15


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700])
def test_every_entry_has_a_receipt_that_proves_it_and_no_other(tmp_path: Path, size: int) -> None:
    written(tmp_path, size)
    store = TileStore(tmp_path)
    for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
        receipt = receipt_for(store, index)
        assert receipt is not None
        assert parse_receipt(receipt.render()) == receipt
        receipt.check(events(size)[index], POLICY)
        with pytest.raises(Unproven):
            receipt.check(b"another", POLICY)
        for other in {index - 1, index + 1} & set(range(size)):
            with pytest.raises(Unproven):
                Receipt(other, receipt.proof, receipt.signed).check(events(size)[index], POLICY)


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_what_no_checkpoint_covers_has_no_receipt_yet(tmp_path: Path, index: int) -> None:
    written(tmp_path, 5)
    assert receipt_for(TileStore(tmp_path), index) is None


def test_a_log_without_a_checkpoint_has_no_receipts(tmp_path: Path) -> None:
    with pytest.raises(Absent):
        receipt_for(TileStore(tmp_path), 0)


def test_a_receipt_by_a_stranger_proves_nothing(tmp_path: Path) -> None:
    with writing(tmp_path, [STRANGERS_KEY]) as writer:
        writer.append(events(5))
    receipt = receipt_for(TileStore(tmp_path), 3)
    assert receipt is not None
    with pytest.raises(Unproven):
        receipt.check(events(5)[3], POLICY)


def test_a_receipt_carries_the_witnesses_that_cosigned(tmp_path: Path) -> None:
    with writing(tmp_path / "log") as writer:
        head, witness = writer.append(events(5)), watcher(tmp_path / "witness", now=77)
        bare = receipt_for(TileStore(tmp_path / "log"), 3)
        writer.attach(cosign(witness.add_checkpoint, writer.tree(), head.signed, witness.verifier), [witness.verifier])
    receipt = receipt_for(TileStore(tmp_path / "log"), 3)
    assert bare is not None
    assert receipt is not None
    assert not bare.check(events(5)[3], WITNESSED).quorum
    verdict = receipt.check(events(5)[3], WITNESSED)
    assert (verdict.quorum, dict(verdict.cosigned)) == (True, {"w1": 77})


def test_extra_data_is_carried_along() -> None:
    plain = parse_receipt(FIFTH_OF_FIFTEEN.encode())
    extra = Receipt(plain.index, plain.proof, plain.signed, b"age-v1.2.1.tar.gz")
    assert extra.render().decode().split("\n")[1] == "extra YWdlLXYxLjIuMS50YXIuZ3o="
    assert parse_receipt(extra.render()) == extra
    extra.check(b"six", Policy((Party(TESSERA),)))


def changed(old: str, new: str) -> bytes:
    assert old in FIFTH_OF_FIFTEEN
    return FIFTH_OF_FIFTEEN.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        changed("tlog-proof@v1", "tlog-proof@v2"),
        changed("c2sp.org/tlog-proof@v1\n", ""),
        changed("c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\n\n"),
        changed("index 5\n", ""),
        changed("index 5", "index 05"),
        changed("index 5", "index -5"),
        changed("index 5", "index +5"),
        changed("index 5", "index  5"),
        changed("index 5", "index five"),
        changed("index 5", "Index 5"),
        changed("index 5", "extra !!notbase64!!\nindex 5"),
        changed("index 5", "extra YQ==\nextra YQ==\nindex 5"),
        changed("index 5", "index 5\nextra YQ=="),
        changed("zMKa", "!!!!"),
        changed("WvA=", "WvB="),  # padding bits that are not zero
        changed("WvA=", "WvA= "),
        changed("zMKa4OAqd7D0V4wawXST15z0JiEEkprIBPkfxOesWvA=", to_base64(bytes(64))),
        changed("zMKa4OAqd7D0V4wawXST15z0JiEEkprIBPkfxOesWvA=", to_base64(bytes(31))),
        changed("zMKa", "\u00e9Ka"),
        FIFTH_OF_FIFTEEN.split("\n\n", maxsplit=1)[0].encode(),
    ],
)
def test_what_is_not_a_receipt_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_receipt(data)


@pytest.mark.parametrize(
    "data",
    [
        changed("index 5", "index 4"),
        changed("index 5", "index 15"),
        changed("zMKa4OAqd7D0V4wawXST15z0JiEEkprIBPkfxOesWvA=\n", ""),
        changed("index 5\n", "index 5\nzMKa4OAqd7D0V4wawXST15z0JiEEkprIBPkfxOesWvA=\n"),
        changed("zMKa", "zMKb"),
        changed("\n15\n", "\n14\n"),
        changed("rKbD", "rKbE"),
        changed("M9e0luh4", "M9e0luh5"),
    ],
)
def test_a_changed_receipt_proves_nothing(data: bytes) -> None:
    with pytest.raises(Unproven):
        parse_receipt(data).check(b"six", Policy((Party(TESSERA),)))
