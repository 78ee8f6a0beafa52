"""Keys in files: made on first use with mode 0600, and refused when everybody on the machine may read them."""

import base64
import binascii
import contextlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from shared.runtime.entropy import Entropy
from shared.transparency.disk import Disk

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class KeyFileError(Exception):
    """A key file that can't be used; the message names it and says why."""


class Undecipherable(Exception):
    """A ciphertext that no key here opens, or that belongs to another place."""


@dataclass(frozen=True)
class Keyring:
    """AES-256-GCM keys by id. The first of the file encrypts; the others only decrypt, so that keys can be rotated."""

    current: str
    keys: Mapping[str, bytes]

    def encrypt(self, plaintext: bytes, nonce: bytes, associated: bytes) -> bytes:
        """Nonce and ciphertext under the current key."""
        return nonce + AESGCM(self.keys[self.current]).encrypt(nonce, plaintext, associated)

    def decrypt(self, key_id: str, sealed: bytes, associated: bytes) -> bytes:
        """What `encrypt` was given; raises `Undecipherable`."""
        if key_id not in self.keys:
            raise Undecipherable(f"there is no key {key_id!r}")
        try:
            return AESGCM(self.keys[key_id]).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated)
        except (InvalidTag, ValueError) as error:
            raise Undecipherable(f"key {key_id!r} does not open this") from error


def keyring(path: Path, entropy: Entropy) -> Keyring:
    """The keys in a file of lines `<id> <32 bytes in base64>`; a file that is missing is made with one key.

    Raises `KeyFileError`.
    """
    if not path.exists():
        secret = entropy.draw(KEY_BYTES, "key", path.name)
        write_secret(path, f"k1 {base64.b64encode(secret).decode()}\n")
    pairs = [line.split() for line in read_secret(path).splitlines() if line.strip()]
    try:
        keys = {key_id: base64.b64decode(text, validate=True) for key_id, text in pairs}
    except (ValueError, binascii.Error) as error:
        raise KeyFileError(f"{path}: each line is `<id> <key in base64>`") from error
    if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
        raise KeyFileError(f"{path}: keys of {KEY_BYTES} bytes are needed")
    return Keyring(next(iter(keys)), keys)


def token_key(path: Path) -> ECKey:
    """The P-256 key (a JWK) that signs tokens; a file that is missing is made. Raises `KeyFileError`."""
    if not path.exists():
        made = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
        write_secret(path, json.dumps(made.as_dict(private=True)))
    try:
        key = ECKey.import_key(json.loads(read_secret(path)))
    except (ValueError, TypeError, KeyError, AttributeError, JoseError) as error:  # members of any JSON type
        raise KeyFileError(f"{path}: this is no private JWK of an EC key") from error
    if not key.is_private or key.curve_name != "P-256":
        raise KeyFileError(f"{path}: tokens are signed with a private key on P-256, and this is none")
    return key


def write_secret(path: Path, text: str) -> None:
    """Write a new file that only its owner reads, durably; a file that exists already is left as it is."""
    touched = [path.parent] if path.parent.exists() else [path.parent, path.parent.parent]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):  # another process was first: its key is the one
        path.hardlink_to(draft)
    draft.unlink()
    for folder in touched:
        Disk().sync_folder(folder)  # a name is lasting only then


def read_secret(path: Path) -> str:
    """The text of a secret file; raises `KeyFileError` when it is missing or open to everybody."""
    try:
        mode = path.stat().st_mode
        if mode & stat.S_IRWXO:
            raise KeyFileError(f"{path}: everybody may read or write this; chmod 600 it")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path}: {error}") from error
