"""Keys of signed notes in their text forms (c2sp.org/signed-note): Ed25519 logs and Ed25519 cosigners.

A key is known by name *and* id, and the id covers the kind: the same bytes as log key and as witness key are two keys.
"""

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from . import cosignature
from .disk import Disk
from .encoding import from_base64, to_base64
from .failures import Malformed

LOG: Final = 0x01
"""Ed25519 over the note's text: how a log signs."""
WITNESS: Final = 0x04
"""Timestamped Ed25519 cosignature: how a witness signs."""
KINDS: Final = frozenset({LOG, WITNESS})

_PRIVATE = "PRIVATE+KEY+"
_PRIME = 2**255 - 19
_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset({0, 1, _PRIME - 1, _EIGHTH, _PRIME - _EIGHTH})  # y of the points of order 1, 2, 4 and 8


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with the name it signs under. `text` is its vkey: `name+id+base64(kind ‖ key)`."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind not in KINDS:
            raise Malformed(f"key kind 0x{self.kind:02x} is not one that is read here")
        if len(self.public) != 32:
            raise Malformed(f"an Ed25519 key has 32 bytes, not {len(self.public)}")
        _check_point(self.public)

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ newline ‖ kind ‖ key)."""
        return key_id(self.name, self.kind, self.public)

    @property
    def text(self) -> str:
        """The key as people exchange it."""
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Whether the note signature's bytes (without the key id) sign that text."""
        message = text
        if self.kind == WITNESS:
            try:
                seconds, signature = cosignature.split(signature)
            except Malformed:
                return False
            message = cosignature.signed_message(text, seconds)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the name it signs under. It never shows its secret except in `text`."""

    name: str
    kind: int
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != 32:
            raise Malformed(f"an Ed25519 seed has 32 bytes, not {len(self.seed)}")
        _ = self.verifier

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.kind, self._private.public_key().public_bytes_raw())

    @property
    def text(self) -> str:
        """The secret as Go's note package writes it: `PRIVATE+KEY+name+id+base64(kind ‖ seed)`."""
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{to_base64(bytes([self.kind]) + self.seed)}"

    def sign(self, text: bytes) -> bytes:
        """A log's signature over a note's text."""
        if self.kind != LOG:
            raise ValueError("a witness key cosigns: its statement carries a time")
        return self._private.sign(text)

    def cosign(self, text: bytes, seconds: int) -> bytes:
        """A witness's statement that it saw this checkpoint as the log's latest, at that POSIX time."""
        if self.kind != WITNESS:
            raise ValueError("a log key does not cosign")
        return cosignature.join(seconds, self._private.sign(cosignature.signed_message(text, seconds)))

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The id by which a note's signature line names its key."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def check_name(name: str) -> None:
    """Raise `Malformed` for a key name that is empty or holds a plus, a space of any script or a control character."""
    if not name or "+" in name or any(each.isspace() or ord(each) < 0x20 for each in name):
        raise Malformed(f"not a key name: {name[:80]!r}")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise Malformed(f"not a key name: {name[:80]!r}") from error


def read_verifier(text: str) -> Verifier:
    """Read a vkey; raises `Malformed` for every deviation, a wrong id among them."""
    name, key, kind = _parts(text)
    verifier = Verifier(name, kind, key)
    if verifier.text != text:
        raise Malformed(f"the key's id does not follow from its name and bytes: {text[:120]!r}")
    return verifier


def read_signing_key(text: str) -> SigningKey:
    """Read a private key in Go's note format; raises `Malformed`, and never repeats the secret in the message."""
    if not text.startswith(_PRIVATE):
        raise Malformed("not a private key of a note signer")
    try:
        name, seed, kind = _parts(text.removeprefix(_PRIVATE))
        key = SigningKey(name, kind, seed)
    except Malformed:
        raise Malformed("not a private key of a note signer") from None
    if key.text != text:
        raise Malformed("the private key's id does not follow from its name and bytes")
    return key


def write_key_file(path: Path, key: SigningKey) -> None:
    """Store a private key for its owner alone (mode 0600), durably; raises `FileExistsError`, never overwrites.

    The file appears whole or not at all, also when the process is killed meanwhile.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(key.text + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    finally:
        draft.unlink()
    Disk().sync_folder(path.parent)  # the name, too, is lasting only then


def read_key_file(path: Path) -> SigningKey:
    """The private key that `write_key_file` stored, or that Go's note tools wrote."""
    return read_signing_key(path.read_text(encoding="utf-8").removesuffix("\n"))


def _check_point(public: bytes) -> None:
    """Refuse keys that every forger can sign for (points of small order) and second spellings of a key.

    RFC 8032, section 5.1.3: the low 255 bits are y, which is below the prime. Ed25519 as OpenSSL verifies it takes an
    all-zero scalar for a signature of the neutral element over any message.
    """
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= _PRIME or y in _SMALL_ORDER:
        raise Malformed("the key is no point that a secret belongs to")


def _parts(text: str) -> tuple[str, bytes, int]:
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise Malformed(f"not a verifier key: {text[:120]!r}")
    data = from_base64(parts[2])
    if not data:
        raise Malformed(f"not a verifier key: {text[:120]!r}")
    return parts[0], data[1:], data[0]
