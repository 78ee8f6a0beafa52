"""Timestamped Ed25519 cosignatures (c2sp.org/tlog-cosignature, v1): what a witness says, and when it said so."""

from typing import Final

from .encoding import MAX_SIZE
from .failures import Malformed

SIGNATURE_SIZE: Final = 8 + 64
"""A big-endian uint64 of POSIX seconds, then the Ed25519 signature."""


def signed_message(text: bytes, seconds: int) -> bytes:
    """The bytes that the cosigner signs over a checkpoint's text."""
    return b"cosignature/v1\ntime %d\n" % seconds + text


def join(seconds: int, signature: bytes) -> bytes:
    """The note signature's bytes; `Malformed` for a time below 0 or above 2^63 - 1."""
    if not 0 <= seconds <= MAX_SIZE:
        raise Malformed(f"not a time of cosigning: {seconds}")
    return seconds.to_bytes(8) + signature


def split(blob: bytes) -> tuple[int, bytes]:
    """The time in POSIX seconds and the signature; raises `Malformed`."""
    seconds = int.from_bytes(blob[:8])
    if len(blob) != SIGNATURE_SIZE or seconds > MAX_SIZE:
        raise Malformed("not a timestamped cosignature")
    return seconds, blob[8:]
