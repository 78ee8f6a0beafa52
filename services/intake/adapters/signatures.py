"""Who signs webhooks how: one table of schemes, and one way to check them all.

Schemes differ in header, prefix, encoding, what is signed, and what the key is; nothing else. Traps: `X-Hub-Signature`
means SHA-256 at Jira (and SHA-1 elsewhere); MLflow takes the secret as it is, Standard Webhooks decodes it first.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

from shared.refusals import Refused

TOLERANCE_SECONDS: Final = 300
Part = Literal["id", "timestamp", "body"]


def _plain(secret: str) -> bytes:
    return secret.encode()


def _after_whsec(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def _base64(secret: str) -> bytes:
    return base64.b64decode(secret, validate=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One way to sign. `signed` parts are joined by `joint`; an empty `signed` means that the secret itself is sent.

    `several`: the header may hold several signatures, separated by spaces. Where the timestamp is signed, one more
    than `TOLERANCE_SECONDS` away is refused.
    """

    header: str
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    signed: tuple[Part, ...] = ("body",)
    joint: bytes = b"."
    lead: bytes = b""
    id_header: str = ""
    timestamp_header: str = ""
    key: Callable[[str], bytes] = _plain
    several: bool = False


SCHEMES: Final[Mapping[str, Scheme]] = {
    "jira": Scheme(header="x-hub-signature", prefix="sha256="),
    "github": Scheme(header="x-hub-signature-256", prefix="sha256="),
    "standard-webhooks": Scheme(
        header="webhook-signature",
        prefix="v1,",
        encoding="base64",
        signed=("id", "timestamp", "body"),
        id_header="webhook-id",
        timestamp_header="webhook-timestamp",
        key=_after_whsec,
        several=True,
    ),
    "gitlab-token": Scheme(header="x-gitlab-token", signed=()),
    "mlflow": Scheme(
        header="x-mlflow-signature",
        prefix="v1,",
        encoding="base64",
        signed=("id", "timestamp", "body"),
        id_header="x-mlflow-delivery-id",
        timestamp_header="x-mlflow-timestamp",
    ),
    "grafana": Scheme(header="x-grafana-alerting-signature"),
    "slack": Scheme(
        header="x-slack-signature",
        prefix="v0=",
        signed=("timestamp", "body"),
        joint=b":",
        lead=b"v0:",
        timestamp_header="x-slack-request-timestamp",
    ),
    "servicenow-secret": Scheme(header="x-gatehouse-secret", signed=()),
    "servicenow-mac": Scheme(header="x-gatehouse-signature", encoding="base64", key=_base64),
}
"""Schemes by name. ServiceNow has none of its own: a fixed secret over TLS, or `generateMac` in the rule's script."""


def check(scheme: Scheme, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Pass if the body is signed under one of the secrets (the one in force, and during rotation the next).

    Every secret is tried, whatever the others gave, and compared in constant time. `headers` have lower-case names.
    Raises `Refused`: `bad-signature`, and `stale-signature` for a signed timestamp that is too far away.
    """
    presented = _presented(scheme, headers)
    expected = [_expected(scheme, secret, headers, body) for secret in secrets]
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in presented]
    if not any(matches):
        raise Refused("bad-signature", "the signature was not made over these bytes with a secret of this endpoint")
    if "timestamp" in scheme.signed:
        _fresh(headers.get(scheme.timestamp_header, ""), now)


def _presented(scheme: Scheme, headers: Mapping[str, str]) -> list[bytes]:
    value = headers.get(scheme.header, "")
    stated = value.split() if scheme.several else [value]
    return [one.removeprefix(scheme.prefix).encode() for one in stated if one and one.startswith(scheme.prefix)]


def _expected(scheme: Scheme, secret: str, headers: Mapping[str, str], body: bytes) -> bytes:
    if not scheme.signed:
        return secret.encode()
    parts = {
        "id": headers.get(scheme.id_header, "").encode(),
        "timestamp": headers.get(scheme.timestamp_header, "").encode(),
        "body": body,
    }
    content = scheme.lead + scheme.joint.join(parts[name] for name in scheme.signed)
    digest = hmac.digest(scheme.key(secret), content, sha256)
    return base64.b64encode(digest) if scheme.encoding == "base64" else digest.hex().encode()


def _fresh(stated: str, now: datetime) -> None:
    if not stated.isascii() or not stated.isdigit() or abs(now.timestamp() - int(stated)) > TOLERANCE_SECONDS:
        raise Refused("stale-signature", f"the signed time is more than {TOLERANCE_SECONDS} seconds away, or none")


def usable(scheme: Scheme, secret: str) -> bool:
    """Whether a secret has the form that the scheme needs, and enough of it."""
    try:
        return len(scheme.key(secret)) >= 16 and secret.isascii() and secret.isprintable()
    except (binascii.Error, ValueError):
        return False
