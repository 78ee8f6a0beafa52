"""The minting of tokens with a key file. Apart from whatever serves: a command that signs in loads no server."""

import time
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

from shared.refusals import Refused
from shared.runtime.key_files import token_key
from shared.runtime.people_file import PeopleFile
from shared.runtime.settings import Settings

TOKEN_SECONDS: Final = 12 * 3600
LOCAL_ISSUER: Final = "urn:gatehouse:local"
"""The issuer of tokens that the embedded run signs with the key of its data folder."""


def mint(
    key: ECKey,
    *,
    issuer: str,
    audience: str,
    subject: str,
    seconds: int,
    now: float,
    claims: Mapping[str, Any] | None = None,
    typ: str = "at+jwt",
) -> str:
    """A token for that subject from `now` (seconds since 1970) on; by default an access token (RFC 9068)."""
    began = int(now)
    body = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "client_id": "gatehouse-cli",
        "iat": began,
        "nbf": began,
        "exp": began + seconds,
        "jti": str(uuid4()),
        **(claims or {}),
    }
    return jwt.encode({"alg": "ES256", "typ": typ, "kid": str(key.kid)}, body, key, ["ES256"])


def local_token(settings: Settings, subject: str, *, seconds: int = TOKEN_SECONDS) -> str:
    """A token by the data folder's key for a person of its people file.

    Raises `Refused("not-found")` for anybody else, `MappingError` or `KeyFileError` for files that can't be used.
    """
    if subject not in (people := PeopleFile(settings.path("people_file")).people()):
        raise Refused("not-found", f"there is no {subject!r} in the people file, only {', '.join(sorted(people))}")
    return mint(
        token_key(settings.path("issuer_key_file")),
        issuer=LOCAL_ISSUER,
        audience=settings.oidc_audience,
        subject=subject,
        seconds=seconds,
        now=time.time(),
    )
