"""Checkpoints (c2sp.org/tlog-checkpoint): a note whose text names a log, its size and its root."""

from collections.abc import Iterable
from dataclasses import dataclass

from . import note
from .encoding import from_decimal, hash_from_base64, to_base64
from .failures import Malformed, Unproven
from .hashes import EMPTY_ROOT, HASH_SIZE
from .keys import SigningKey, Verifier


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: the log's origin, how many entries it has and their Merkle root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> bytes:
        """The text that is signed."""
        lines = (self.origin, str(self.size), to_base64(self.root), *self.extensions)
        if not all(lines) or any("\n" in line for line in lines) or len(self.root) != HASH_SIZE:
            raise Malformed("a checkpoint's lines are not empty and its root is a hash")
        return "".join(f"{line}\n" for line in lines).encode()


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint whose log signature was checked, with the note it came in."""

    checkpoint: Checkpoint
    opened: note.Opened
    signed: bytes


def parse_text(text: bytes) -> Checkpoint:
    """Read a note's text as a checkpoint; raises `Malformed`."""
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed("a checkpoint is UTF-8") from error
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise Malformed("a checkpoint has at least three lines, none of them empty")
    origin, size, root, *extensions = lines
    found = Checkpoint(origin, from_decimal(size), hash_from_base64(root), tuple(extensions))
    if found.size == 0 and found.root != EMPTY_ROOT:
        raise Malformed("the empty tree has another root")
    return found


def peek(signed: bytes) -> Checkpoint:
    """What a signed checkpoint says, its signatures not looked at; raises `Malformed`."""
    return parse_text(note.parse(signed).text)


def open_checkpoint(signed: bytes, log_keys: Iterable[Verifier], others: Iterable[Verifier] = ()) -> Head:
    """Read a checkpoint that a known log signed.

    The log's key must carry the origin's name (c2sp.org/tlog-policy); `others` are keys, of witnesses say, whose
    signatures are checked as well. Raises `Malformed` or `Unproven`.
    """
    parsed = note.parse(signed)
    found = parse_text(parsed.text)
    mine = [key for key in log_keys if key.name == found.origin]
    opened = note.opened(parsed, [*mine, *others])
    if not any(opened.by(key) for key in mine):
        raise Unproven(f"no known key of the log {found.origin!r} signed the checkpoint")
    return Head(found, opened, signed)


def sign(checkpoint: Checkpoint, keys: Iterable[SigningKey]) -> bytes:
    """Sign a checkpoint with each key; during a key rotation there are two. The caller answers for its truth."""
    text = checkpoint.text
    lines = [note.Signature(key.name, key.verifier.id, key.sign(text)) for key in keys]
    return note.Note(text, tuple(lines)).render()
