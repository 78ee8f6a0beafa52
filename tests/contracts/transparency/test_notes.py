"""Signed notes: the published ones open, and every rule of the format is kept."""

import pytest

from shared.transparency import note
from shared.transparency.encoding import to_base64
from shared.transparency.failures import Malformed, Unproven
from shared.transparency.keys import LOG, SigningKey, Verifier, read_signing_key, read_verifier
from tests.contracts.transparency.public import (
    ENOCH,
    ENOCH_LINE,
    FOO_NOTE,
    FOO_VKEY,
    GO_TEXT,
    PETER,
    PETER_LINE,
    PETER_SKEY,
)

PETERS_NOTE = GO_TEXT + "\n" + PETER_LINE


def opened(text: str, *keys: Verifier) -> note.Opened:
    return note.opened(note.parse(text.encode()), keys)


def signers(text: str, *keys: Verifier) -> list[str]:
    return [key.name for key, _ in opened(text, *keys).signed]


def test_the_note_of_the_specification_opens() -> None:
    assert opened(FOO_NOTE, read_verifier(FOO_VKEY)).text == b"This is an example message.\n"


def test_the_note_of_the_go_library_opens_and_is_reproduced_byte_for_byte() -> None:
    assert opened(PETERS_NOTE, PETER).text == GO_TEXT.encode()
    key = read_signing_key(PETER_SKEY)
    line = note.Signature(key.name, key.verifier.id, key.sign(GO_TEXT.encode()))
    assert note.Note(GO_TEXT.encode(), (line,)).render() == PETERS_NOTE.encode()


def test_unknown_signatures_are_ignored() -> None:
    both = PETERS_NOTE + ENOCH_LINE
    assert signers(both, PETER) == ["PeterNeumann"]
    assert signers(both, ENOCH) == ["EnochRoot"]
    assert signers(both, PETER, ENOCH) == ["PeterNeumann", "EnochRoot"]


def test_a_key_that_shares_only_the_name_or_only_the_id_is_unknown() -> None:
    other = SigningKey("PeterNeumann", LOG, bytes(32))
    bad = note.Signature("PeterNeumann", other.verifier.id, bytes(64)).line
    alike = note.Signature("SomeoneElse", PETER.id, bytes(64)).line
    assert signers(GO_TEXT + "\n" + bad + alike + PETER_LINE, PETER) == ["PeterNeumann"]


def test_without_a_known_signature_the_note_is_worth_nothing() -> None:
    with pytest.raises(Unproven, match="no known key"):
        opened(PETERS_NOTE + ENOCH_LINE)
    with pytest.raises(Unproven, match="no known key"):
        opened(PETERS_NOTE, ENOCH)


def test_one_bad_signature_of_a_known_key_rejects_the_whole_note() -> None:
    bad = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    for lines in (bad, PETER_LINE + bad, bad + PETER_LINE, ENOCH_LINE + bad):
        with pytest.raises(Unproven, match=r"PeterNeumann\+c74f20a3 is bad"):
            opened(GO_TEXT + "\n" + lines, PETER, ENOCH)
    assert signers(GO_TEXT + "\n" + bad + ENOCH_LINE, ENOCH) == ["EnochRoot"]


@pytest.mark.parametrize("at", range(0, len(GO_TEXT) - 1, 7))
def test_any_changed_byte_of_the_text_is_noticed(at: int) -> None:
    changed = GO_TEXT[:at] + chr(ord(GO_TEXT[at]) ^ 1) + GO_TEXT[at + 1 :]
    with pytest.raises((Unproven, Malformed)):
        opened(changed + "\n" + PETER_LINE, PETER)


def test_repeated_good_signatures_are_one_signers() -> None:
    assert signers(GO_TEXT + "\n" + PETER_LINE * 3, PETER) == ["PeterNeumann"] * 3
    assert opened(GO_TEXT + "\n" + PETER_LINE * 3, PETER).by(PETER) is not None
    assert opened(PETERS_NOTE, PETER).by(ENOCH) is None


def test_two_known_keys_by_one_name_and_id_are_ambiguous() -> None:
    with pytest.raises(Unproven, match="both called"):
        note.opened(note.parse(PETERS_NOTE.encode()), [PETER, Colliding("PeterNeumann", LOG, ENOCH.public)])


class Colliding(Verifier):
    """A key whose id an attacker made collide."""

    @property
    def id(self) -> bytes:
        return PETER.id


@pytest.mark.parametrize("count", [16, 100])
def test_many_signatures_are_taken(count: int) -> None:
    lines = "".join(note.Signature(f"witness{at}", bytes(4), bytes(72)).line for at in range(count - 1))
    assert signers(GO_TEXT + "\n" + lines + PETER_LINE, PETER) == ["PeterNeumann"]


def test_sixteen_signatures_of_five_kilobytes_are_taken() -> None:
    lines = "".join(note.Signature(f"witness{at}", bytes(4), bytes(5000)).line for at in range(16))
    assert signers(GO_TEXT + "\n" + lines + PETER_LINE, PETER) == ["PeterNeumann"]


def test_there_is_a_limit_to_signatures_and_to_size() -> None:
    with pytest.raises(Malformed, match="too many"):
        note.parse((GO_TEXT + "\n" + PETER_LINE * 101).encode())
    with pytest.raises(Malformed, match="too long"):
        note.parse((GO_TEXT * 11_000 + "\n" + PETER_LINE).encode())


def test_the_text_is_split_at_the_last_blank_line() -> None:
    key = SigningKey("a.example", LOG, bytes(32))
    text = "one\n\n— two AAAAAAAAAA==\n\n\nthree\n\n"
    signed = note.Note(text.encode(), (note.Signature(key.name, key.verifier.id, key.sign(text.encode())),)).render()
    assert note.parse(signed).text == text.encode()
    assert opened(signed.decode(), key.verifier).text == text.encode()


FIVE = to_base64(bytes(5))


@pytest.mark.parametrize(
    "malformed",
    [
        b"",
        b"\n",
        b"\n\n",
        GO_TEXT.encode(),
        (GO_TEXT + "\n").encode(),
        (GO_TEXT + PETER_LINE).encode(),
        (GO_TEXT + "\n" + PETER_LINE[:-1]).encode(),
        (GO_TEXT + "\n" + PETER_LINE + "Unexpected line.\n").encode(),
        (GO_TEXT + "\n" + PETER_LINE + "\n").encode(),
        (GO_TEXT + "\n\n" + PETER_LINE[:-1]).encode(),
        ("\x01" + PETERS_NOTE).encode(),
        ("a\tb\n" + PETERS_NOTE).encode(),
        PETERS_NOTE.replace("\n", "\r\n").encode(),
        b"\xff" + PETERS_NOTE.encode(),
        (GO_TEXT + f"\n— Bad Name {FIVE}\n").encode(),
        (GO_TEXT + f"\n— Bad\u2003Name {FIVE}\n").encode(),
        (GO_TEXT + f"\n— Bad+Name {FIVE}\n").encode(),
        (GO_TEXT + f"\n—  {FIVE}\n").encode(),
        (GO_TEXT + f"\n— {FIVE}\n").encode(),
        (GO_TEXT + f"\n- name {FIVE}\n").encode(),
        (GO_TEXT + f"\n—name {FIVE}\n").encode(),
        (GO_TEXT + f"\n— name {FIVE} \n").encode(),
        (GO_TEXT + f"\n— name {FIVE[:-1]}\n").encode(),
        (GO_TEXT + "\n— name AAAAAAB=\n").encode(),  # padding bits that are not zero: a second spelling
        (GO_TEXT + "\n— name AAAA_-8=\n").encode(),
        (GO_TEXT + "\n— name\n").encode(),
        (GO_TEXT + "\n— name \n").encode(),
        (GO_TEXT + f"\n— name {to_base64(bytes(4))}\n").encode(),
    ],
)
def test_what_is_not_a_note_is_refused(malformed: bytes) -> None:
    with pytest.raises(Malformed):
        note.parse(malformed)
