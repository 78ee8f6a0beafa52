"""Signed notes (c2sp.org/signed-note): a text and the lines of those who signed it.

Unknown signatures are ignored; one bad signature of a known key rejects the whole note; without any good one the text
is worth nothing. So `parse` alone proves nothing: `opened` does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .encoding import from_base64, to_base64
from .failures import Malformed, Unproven
from .keys import Verifier, check_name

MAX_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100

_DASH = "— "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the name and id of the key, and the bytes that its kind of key writes."""

    name: str
    key_id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note, newline included."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read, nothing proven. `text` ends in a newline."""

    text: bytes
    signatures: tuple[Signature, ...]

    def render(self) -> bytes:
        """The note's bytes."""
        return self.text + b"\n" + "".join(each.line for each in self.signatures).encode()


@dataclass(frozen=True, slots=True)
class Opened:
    """A note of which at least one known key signed the text, and no known key signed badly."""

    text: bytes
    signed: tuple[tuple[Verifier, Signature], ...]

    def by(self, verifier: Verifier) -> Signature | None:
        """The key's last signature, if it signed."""
        found = [signature for key, signature in self.signed if key == verifier]
        return found[-1] if found else None


def parse(note: bytes) -> Note:
    """Split a note at its last blank line; raises `Malformed`."""
    if len(note) > MAX_BYTES:
        raise Malformed(f"a note of {len(note)} bytes is too long")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("a note is UTF-8") from error
    if any(each < " " and each != "\n" for each in whole):
        raise Malformed("a note holds no control character but newline")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank:
        raise Malformed("a note has a blank line before its signatures")
    return Note((text + "\n").encode(), parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """Read signature lines, at least one, each ended by a newline; raises `Malformed`."""
    if not lines.endswith("\n"):
        raise Malformed("a signature line ends in a newline")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise Malformed(f"a note with {len(signatures)} signatures has too many")
    return signatures


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise Malformed(f"not a signature line: {line[:120]!r}")
    check_name(name)
    data = from_base64(encoded)
    if len(data) < 5:
        raise Malformed(f"a signature has a key id and bytes: {line[:120]!r}")
    return Signature(name, data[:4], data[4:])


def opened(note: Note, known: Iterable[Verifier]) -> Opened:
    """Check the signatures of known keys; raises `Unproven` if one is bad, or if there is none."""
    keys = _by_name_and_id(known)
    signed: list[tuple[Verifier, Signature]] = []
    for signature in note.signatures:
        verifier = keys.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        if not verifier.verifies(note.text, signature.blob):
            raise Unproven(f"the signature of {signature.name}+{signature.key_id.hex()} is bad")
        signed.append((verifier, signature))
    if not signed:
        raise Unproven("no known key signed the note")
    return Opened(note.text, tuple(signed))


def _by_name_and_id(known: Iterable[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    keys: dict[tuple[str, bytes], Verifier] = {}
    for verifier in known:
        if keys.setdefault((verifier.name, verifier.id), verifier) != verifier:
            raise Unproven(f"two known keys are both called {verifier.name}+{verifier.id.hex()}")
    return keys
