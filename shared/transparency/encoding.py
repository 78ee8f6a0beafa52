"""The two text forms that all C2SP formats share, read strictly: one value has exactly one spelling."""

import base64
import binascii
import re

from .failures import Malformed

MAX_SIZE = 2**63 - 1
"""The largest tree size and index taken, so that every reader's signed 64-bit integer holds it."""

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def to_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """Read standard base64; a second spelling of the same bytes is `Malformed` (RFC 4648, section 3.5)."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Malformed(f"not base64: {text[:80]!r}") from error
    if to_base64(data) != text:
        raise Malformed(f"not canonical base64: {text[:80]!r}")
    return data


def hash_from_base64(text: str) -> bytes:
    """Read a SHA-256 hash; any other length is `Malformed`."""
    data = from_base64(text)
    if len(data) != 32:
        raise Malformed(f"a hash has 32 bytes, not {len(data)}")
    return data


def from_decimal(text: str) -> int:
    """Read a size or index: ASCII digits, no sign, no leading zero, at most `MAX_SIZE`."""
    if _DECIMAL.fullmatch(text) is None or int(text) > MAX_SIZE:
        raise Malformed(f"not a decimal size: {text[:80]!r}")
    return int(text)
