"""Randomness as a parameter: the live source, and the seeded one that makes an example play repeatable (DESIGN 12)."""

import hashlib
import hmac
import os
from typing import Final, Protocol
from uuid import UUID

_BLOCK: Final = 32


class Entropy(Protocol):
    """Where ids, nonces and keys come from."""

    def draw(self, size: int, *purpose: str) -> bytes:
        """`size` bytes (at most 32). `purpose` names what they are for, uniquely: the seeded source derives from it."""


class LiveEntropy:
    """The operating system's randomness."""

    def draw(self, size: int, *purpose: str) -> bytes:
        """See `Entropy`; the purpose plays no part."""
        return os.urandom(size)


class SeededEntropy:
    """HMAC-SHA256 of the purpose under a seed: the same play draws the same bytes, also when killed and resumed.

    Only for folders marked as example data: who knows the seed knows every key.
    """

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    def draw(self, size: int, *purpose: str) -> bytes:
        """See `Entropy`."""
        if size > _BLOCK:
            raise ValueError(f"at most {_BLOCK} bytes are drawn at once")
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in purpose)
        return hmac.digest(self._seed, message, hashlib.sha256)[:size]


def random_id(entropy: Entropy, *purpose: str) -> str:
    """A version 4 UUID out of that source."""
    return str(UUID(bytes=entropy.draw(16, *purpose), version=4))
