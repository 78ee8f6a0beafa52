"""Keys in their text forms: each has one spelling, and every other is refused."""

import stat
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.transparency.failures import Malformed
from shared.transparency.keys import (
    LOG,
    WITNESS,
    SigningKey,
    Verifier,
    read_key_file,
    read_signing_key,
    read_verifier,
    write_key_file,
)
from tests.contracts.transparency.public import PETER_SKEY, PETER_VKEY, TESSERA_SKEY, TESSERA_VKEY, WIT1_VKEY, as_kind

GOOD = read_verifier(PETER_VKEY).public


def manglings(text: str) -> list[str]:
    """Every proper substring, and the text with each byte raised by one."""
    parts = [text[a:b] for a in range(len(text)) for b in range(a, len(text) + 1) if (a, b) != (0, len(text))]
    bumps = [text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :] for at in range(len(text))]
    return parts + bumps


def test_every_part_and_every_byte_bump_of_a_public_key_is_refused() -> None:
    assert read_verifier(PETER_VKEY).text == PETER_VKEY
    for mangled in manglings(PETER_VKEY):
        with pytest.raises(Malformed):
            read_verifier(mangled)


def test_every_part_and_every_byte_bump_of_a_private_key_is_refused() -> None:
    assert read_signing_key(PETER_SKEY).text == PETER_SKEY
    for mangled in manglings(PETER_SKEY):
        with pytest.raises(Malformed):
            read_signing_key(mangled)


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # wrong length, id adjusted
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # unknown kind, id adjusted
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
        "PeterNeumann+c74f20a3+",
        "++",
        "",
    ],
)
def test_other_malformed_public_keys(vkey: str) -> None:
    with pytest.raises(Malformed):
        read_verifier(vkey)


def test_the_private_key_leads_to_the_public_one() -> None:
    assert read_signing_key(TESSERA_SKEY).verifier.text == TESSERA_VKEY
    assert read_signing_key(PETER_SKEY).verifier.text == PETER_VKEY


def test_the_same_bytes_have_another_id_as_log_and_as_witness() -> None:
    assert as_kind(WIT1_VKEY, LOG).id.hex() == "55ee4561"
    assert as_kind(WIT1_VKEY, WITNESS).id.hex() == "9b3fb2d5"


@pytest.mark.parametrize(
    "name", ["", "a+b", "a b", "a\u00a0b", "a\u2003b", "a\u3000", "a\tb", "a\nb", "a\x1fb", "a\x00", "\udc80"]
)
def test_a_name_holds_no_plus_no_space_of_any_script_and_no_control_character(name: str) -> None:
    with pytest.raises(Malformed):
        Verifier(name, LOG, GOOD)
    with pytest.raises(Malformed):
        SigningKey(name, LOG, bytes(32))


@given(
    st.binary(min_size=32, max_size=32), st.sampled_from([LOG, WITNESS]), st.sampled_from(["a", "née.example/x", "—"])
)
def test_text_forms_lead_back(seed: bytes, kind: int, name: str) -> None:
    key = SigningKey(name, kind, seed)
    assert read_signing_key(key.text) == key
    assert read_verifier(key.verifier.text) == key.verifier


PRIME = 2**255 - 19
D = -121665 * pow(121666, -1, PRIME) % PRIME


def doubled(point: tuple[int, int]) -> tuple[int, int]:
    """Twice a point of edwards25519 (RFC 8032, section 5.1)."""
    x, y = point
    t = D * x * x * y * y
    return 2 * x * y * pow(1 + t, -1, PRIME) % PRIME, (y * y + x * x) * pow(1 - t, -1, PRIME) % PRIME


def x_of(y: int) -> int:
    square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    root = pow(square, (PRIME + 3) // 8, PRIME)
    root = root if root * root % PRIME == square else root * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    assert root * root % PRIME == square
    return root


EIGHTH = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
SMALL = [0, 1, PRIME - 1, int.from_bytes(EIGHTH, "little"), PRIME - int.from_bytes(EIGHTH, "little")]


@pytest.mark.parametrize("y", SMALL)
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_a_key_that_everybody_can_sign_for_is_refused(y: int, sign: int) -> None:
    point = (x_of(y), y)
    assert doubled(doubled(doubled(point))) == (0, 1)
    for kind in (LOG, WITNESS):
        with pytest.raises(Malformed, match="no point that a secret belongs to"):
            Verifier("a", kind, (y | sign).to_bytes(32, "little"))


@pytest.mark.parametrize("y", [PRIME, PRIME + 1, PRIME + 2, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_a_second_spelling_of_a_key_is_refused(y: int, sign: int) -> None:
    with pytest.raises(Malformed, match="no point that a secret belongs to"):
        Verifier("a", LOG, (y | sign).to_bytes(32, "little"))


def test_a_log_key_does_not_cosign_and_a_witness_key_does_not_sign() -> None:
    with pytest.raises(ValueError, match="does not cosign"):
        SigningKey("a", LOG, bytes(32)).cosign(b"text\n", 1)
    with pytest.raises(ValueError, match="carries a time"):
        SigningKey("a", WITNESS, bytes(32)).sign(b"text\n")


def test_a_secret_stays_out_of_what_is_printed() -> None:
    key = read_signing_key(PETER_SKEY)
    assert key.seed.hex() not in repr(key)
    assert repr(key.seed) not in repr(key)
    with pytest.raises(Malformed) as error:
        read_signing_key(PETER_SKEY[:-4] + "AAAA")
    assert PETER_SKEY[-20:-5] not in str(error.value)


def test_a_key_file_is_the_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    key = SigningKey("example.com/log", LOG, bytes(range(32)))
    write_key_file(tmp_path / "key", key)
    assert read_key_file(tmp_path / "key") == key
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_key_file(tmp_path / "key", SigningKey("other", LOG, bytes(32)))
    assert read_key_file(tmp_path / "key") == key


def test_a_key_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    key = SigningKey("example.com/log", LOG, bytes(range(32)))
    with patch("os.fsync", side_effect=OSError("no power")), pytest.raises(OSError, match="no power"):
        write_key_file(tmp_path / "key", key)
    assert not (tmp_path / "key").exists()
    write_key_file(tmp_path / "key", key)
    assert read_key_file(tmp_path / "key") == key
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize(("seed", "kind"), [(bytes(31), LOG), (bytes(33), LOG), (bytes(32), 2), (bytes(32), 6)])
def test_only_ed25519_keys_of_the_two_kinds_are_taken(seed: bytes, kind: int) -> None:
    with pytest.raises(Malformed):
        SigningKey("a", kind, seed)
