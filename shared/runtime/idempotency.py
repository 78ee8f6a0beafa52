"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header-07) and the digest of what was asked.

The key is scoped by principal and route and never expires (DESIGN 16); the store keeps it and replays the answer.
"""

import hashlib
import re
from typing import Any, Final

import msgspec

from shared.refusals import Refused
from shared.store.port import Key

MAX_LENGTH: Final = 255
_QUOTED: Final = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_ALLOWED: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def key_in(header: str | None) -> str:
    """The key's value, sent as a quoted structured-field string or bare.

    Raises `Refused`: `idempotency-missing` without one, `malformed-request` for one that is too long or not ASCII.
    """
    text = (header or "").strip()
    if quoted := _QUOTED.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    if not text:
        raise Refused("idempotency-missing", "send an Idempotency-Key header, so that a retry can't act twice")
    if len(text) > MAX_LENGTH or not _ALLOWED.fullmatch(text):
        raise Refused("malformed-request", f"an Idempotency-Key has 1 to {MAX_LENGTH} visible ASCII characters")
    return text


def scope_of(person: str, method: str, route: str) -> str:
    """The scope within which a key is unique: who asks, and for which kind of thing."""
    return f"{person} {method} {route}"


def digest_of(method: str, path: str, body: Any) -> bytes:
    """SHA-256 of what was asked; `body` is the parsed JSON (the order of keys does not count) or the raw bytes."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body, order="deterministic")
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), content))).digest()


def derived_key(scope: str, value: str, *asked: str) -> Key:
    """A key for what has no header: a line of a batch, a CloudEvent (`source` and `id`), a source event (DESIGN 5)."""
    return Key(scope=scope, value=value, digest=hashlib.sha256("\n".join(asked).encode()).digest())
