"""Checkpoints of real and published logs, and the strictness of their three lines."""

from base64 import b64decode

import pytest

from shared.transparency.checkpoint import Checkpoint, open_checkpoint, parse_text, peek, sign
from shared.transparency.encoding import MAX_SIZE, from_base64, from_decimal, to_base64
from shared.transparency.failures import Malformed, Unproven
from shared.transparency.hashes import EMPTY_ROOT
from shared.transparency.keys import LOG, WITNESS, SigningKey, Verifier, read_signing_key
from shared.transparency.note import Signature, opened, parse
from shared.transparency.proofs import verify_inclusion
from tests.contracts.transparency.public import (
    COSIGNED_AT,
    REKOR_736,
    REKOR_7131_LEAF,
    REKOR_7131_PROOF,
    REKOR_7132,
    REKOR_KEY,
    REKOR_ORIGIN,
    SUMDB,
    SUMDB_SIGNATURE,
    SUMDB_TEXT,
    TESSERA,
    WIT1_COSIGNATURE_OF_15,
    WIT1_SKEY,
    WIT1_VKEY,
    as_kind,
    rekor,
    tessera_checkpoint,
)

ROOT = to_base64(bytes(32))


def test_the_go_checksum_database_is_a_note_whose_name_is_not_its_origin() -> None:
    signed = f"{SUMDB_TEXT}\n— sum.golang.org {SUMDB_SIGNATURE}\n".encode()
    assert parse_text(opened(parse(signed), [SUMDB]).text).size == 20_852_163
    with pytest.raises(Unproven):
        open_checkpoint(signed, [SUMDB])


def test_the_same_signature_under_the_origin_that_the_specification_prints_fails() -> None:
    text = SUMDB_TEXT.replace("go.sum database tree", "example.com/behind-the-sofa")
    renamed = Verifier("example.com/behind-the-sofa", LOG, SUMDB.public)
    for name, key in (("example.com/behind-the-sofa", renamed), ("sum.golang.org", SUMDB)):
        signed = f"{text}\n— {name} {SUMDB_SIGNATURE}\n".encode()
        with pytest.raises(Unproven):
            opened(parse(signed), [key])


def test_two_heads_of_a_live_rekor_log_and_an_inclusion_in_the_later() -> None:
    assert rekor().id.hex() == "f30d5a99"
    first = open_checkpoint(REKOR_736.encode(), [rekor()]).checkpoint
    assert (first.origin, first.size) == (REKOR_ORIGIN, 736)
    head = open_checkpoint(REKOR_7132.encode(), [rekor()]).checkpoint
    proof = [from_base64(each) for each in REKOR_7131_PROOF]
    verify_inclusion(7131, head.size, from_base64(REKOR_7131_LEAF), proof, head.root)
    with pytest.raises(Unproven):
        verify_inclusion(7130, head.size, from_base64(REKOR_7131_LEAF), proof, head.root)


def without(line: int) -> str:
    lines = REKOR_736.split("\n")
    return "\n".join(lines[:line] + lines[line + 1 :])


@pytest.mark.parametrize("line", [0, 1, 2])
def test_a_rekor_head_without_origin_size_or_root_is_none(line: int) -> None:
    with pytest.raises(Malformed):
        open_checkpoint(without(line).encode(), [rekor()])


def test_a_rekor_head_with_other_signatures_around_its_own_opens() -> None:
    text, _, own = REKOR_736.rpartition("\n\n")
    cosigner = SigningKey("witness.example", WITNESS, bytes(32))
    line = Signature(cosigner.name, cosigner.verifier.id, cosigner.cosign(text.encode() + b"\n", 7)).line
    other = Signature(REKOR_ORIGIN, b"\1\2\3\4", bytes(64)).line
    for lines in (own + line, line + own, other + line + own, own + other + line * 2):
        assert open_checkpoint(f"{text}\n\n{lines}".encode(), [rekor()]).checkpoint.size == 736
        head = open_checkpoint(f"{text}\n\n{lines}".encode(), [rekor()], [cosigner.verifier])
        assert (head.opened.by(cosigner.verifier) is None) == (line not in lines)
    for lines in (line, other, other + line):
        with pytest.raises(Unproven, match="no known key"):
            open_checkpoint(f"{text}\n\n{lines}".encode(), [rekor()], [cosigner.verifier])


def test_a_rekor_signature_under_another_name_or_id_or_changed_does_not_count() -> None:
    renamed = REKOR_736.replace(f"— {REKOR_ORIGIN}", "— other.example")
    relabelled = REKOR_736.replace("8w1amd", "8w1amT")
    changed = REKOR_736.replace("OG9A8=", "OG9A4=")
    for signed in (renamed, relabelled, changed, REKOR_736.replace("\n736\n", "\n737\n")):
        with pytest.raises((Unproven, Malformed)):
            open_checkpoint(signed.encode(), [rekor()])


def test_a_foreign_log_key_does_not_speak_for_an_origin() -> None:
    foreign = Verifier("other.example", LOG, b64decode(REKOR_KEY))
    with pytest.raises(Unproven):
        open_checkpoint(REKOR_736.encode(), [foreign])


@pytest.mark.parametrize("size", range(16))
def test_the_sixteen_tessera_heads_open(size: int) -> None:
    assert open_checkpoint(tessera_checkpoint(size).encode(), [TESSERA]).checkpoint.size == size


def test_tesseras_witness_cosigns_head_fifteen_as_published() -> None:
    witness = SigningKey("Wit1", WITNESS, read_signing_key(WIT1_SKEY).seed)
    assert witness.verifier == as_kind(WIT1_VKEY, WITNESS)
    text = parse(tessera_checkpoint(15).encode()).text
    line = Signature("Wit1", witness.verifier.id, witness.cosign(text, COSIGNED_AT)).line
    assert line == f"— Wit1 {WIT1_COSIGNATURE_OF_15}\n"
    cosigned = tessera_checkpoint(15) + line
    head = open_checkpoint(cosigned.encode(), [TESSERA], [witness.verifier])
    assert head.opened.by(witness.verifier) is not None
    moved = (COSIGNED_AT + 1).to_bytes(8) + witness.cosign(text, COSIGNED_AT)[8:]
    forged = tessera_checkpoint(15) + Signature("Wit1", witness.verifier.id, moved).line
    with pytest.raises(Unproven):  # the time is signed too
        open_checkpoint(forged.encode(), [TESSERA], [witness.verifier])


@pytest.mark.parametrize("blob", [b"", bytes(71), bytes(73), (2**63).to_bytes(8) + bytes(64)])
def test_what_is_not_a_timestamped_signature_is_bad(blob: bytes) -> None:
    assert not as_kind(WIT1_VKEY, WITNESS).verifies(b"text\n", blob)


def test_a_head_leads_back_through_its_text_and_signature() -> None:
    key, next_key = SigningKey("log.example/a", LOG, bytes(32)), SigningKey("log.example/a", LOG, bytes([1] * 32))
    head = Checkpoint("log.example/a", 7, bytes(range(32)), ("an extension",))
    signed = sign(head, [key, next_key])
    assert peek(signed) == head
    for known in ([key.verifier], [next_key.verifier], [key.verifier, next_key.verifier]):
        assert open_checkpoint(signed, known).checkpoint == head


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log.example\n",
        f"log.example\n7\n{ROOT}",
        "log.example\n7\n",
        f"\n7\n{ROOT}\n",
        f"log.example\n\n{ROOT}\n",
        "log.example\n7\n\n",
        f"log.example\n7\n{ROOT}\n\n",
        f"log.example\n7\n{ROOT}\n\nextension\n",
        f"log.example\n07\n{ROOT}\n",
        f"log.example\n00\n{ROOT}\n",
        f"log.example\n+7\n{ROOT}\n",
        f"log.example\n-7\n{ROOT}\n",
        f"log.example\n7 \n{ROOT}\n",
        f"log.example\n0x7\n{ROOT}\n",
        f"log.example\n7_0\n{ROOT}\n",
        f"log.example\n\u0667\n{ROOT}\n",  # a digit, but not an ASCII one
        f"log.example\n{2**63}\n{ROOT}\n",
        f"log.example\n{10**30}\n{ROOT}\n",
        f"log.example\n7\n{ROOT[:-4]}\n",
        f"log.example\n7\n{to_base64(bytes(33))}\n",
        f"log.example\n7\n{ROOT.rstrip('=')}\n",
        f"log.example\n7\n{ROOT[:-2]}B=\n",  # padding bits that are not zero
        f"log.example\n0\n{ROOT}\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_text(text.encode())


def test_a_checkpoint_is_utf8() -> None:
    with pytest.raises(Malformed):
        parse_text(b"log.example/\xff\n7\n" + ROOT.encode() + b"\n")


@pytest.mark.parametrize("text", ["0", "9", "10", str(MAX_SIZE)])
def test_sizes_that_are_taken(text: str) -> None:
    assert str(from_decimal(text)) == text


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint("", 0, EMPTY_ROOT),
        Checkpoint("a\nb", 0, EMPTY_ROOT),
        Checkpoint("a", 0, EMPTY_ROOT[:-1]),
        Checkpoint("a", 0, EMPTY_ROOT, ("",)),
    ],
)
def test_a_head_that_could_not_be_read_back_is_not_signed(head: Checkpoint) -> None:
    with pytest.raises(Malformed):
        sign(head, [SigningKey("a", LOG, bytes(32))])
