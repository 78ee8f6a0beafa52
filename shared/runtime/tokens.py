"""Access tokens by RFC 9068, checked by RFC 8725: what is not exactly such a token is refused."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from shared.refusals import Refused
from shared.runtime import strict_json
from shared.runtime.jwks import KeySource
from shared.runtime.kept import Kept

ALGORITHMS: Final = ("ES256", "RS256", "PS256", "Ed25519")
TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})
LEEWAY: Final = 60
"""Seconds by which the issuer's clock may differ from ours."""
MAX_BYTES: Final = 8192
KEPT_SECONDS: Final = 300.0
"""A verified token is trusted without another look for at most this long, so that a withdrawn key ends."""

_NEVER: Final = frozenset({"jku", "jwk", "x5u", "crit", "b64", "zip", "enc"})
"""Headers that would let the token say how it is to be trusted (RFC 8725 section 3.10)."""


class TokenVerifier:
    """Verifies the tokens of one issuer for one audience; `clock` gives seconds since 1970."""

    def __init__(
        self, issuer: str, audience: str, keys: KeySource, clock: Callable[[], float], types: frozenset[str] = TYPES
    ) -> None:
        self.issuer = issuer
        self._audience, self._keys, self._clock, self._types = audience, keys, clock, types
        self._verified: Kept[bytes, Mapping[str, Any]] = Kept(10_000, clock)

    async def claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a valid token; raises `Refused`: `unauthenticated`, or `unavailable` without any keys."""
        digest = hashlib.sha256(token.encode()).digest()
        if (known := self._verified.get(digest)) is not None:
            return known
        claims = await self._verify(token)
        self._verified.put(digest, claims, min(KEPT_SECONDS, claims["exp"] + LEEWAY - self._clock()))
        return claims

    async def _verify(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_BYTES:
            raise _refused("it is too long")
        try:
            signed = jws.extract_compact(token.encode())
        except (JoseError, ValueError) as error:
            raise _refused("it is not a signed token") from error
        header = signed.headers()
        self._check_header(header)
        key = await self._keys.find(header["kid"])
        if key is None:
            raise _refused("its key is not known")
        self._check_signature(signed, header["alg"], key)
        claims = _parsed(signed.payload)
        self._check_claims(claims)
        return claims

    def _check_header(self, header: Mapping[str, Any]) -> None:
        if header.get("alg") not in ALGORITHMS:
            raise _refused("its algorithm is not one we accept")
        if not isinstance(typ := header.get("typ"), str) or typ.lower() not in self._types:
            raise _refused("it is not an access token")
        if _NEVER & header.keys():
            raise _refused("its header asks to be trusted")
        if not isinstance(header.get("kid"), str):
            raise _refused("it names no key")

    def _check_signature(self, signed: jws.CompactSignature, algorithm: str, key: Key) -> None:
        try:
            key.check_use("sig")
            key.check_alg(algorithm)
            valid = jws.validate_compact(signed, key, [algorithm])
        except (JoseError, ValueError) as error:
            raise _refused("its key is not for this algorithm") from error
        if not valid:
            raise _refused("its signature does not match")

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        now = self._clock()
        audience = claims.get("aud")
        if claims.get("iss") != self.issuer:
            raise _refused("another issuer made it")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise _refused("it is meant for another audience")
        if not isinstance(subject := claims.get("sub"), str) or not 1 <= len(subject) <= 255:
            raise _refused("it names no subject")
        if _number(claims, "exp", required=True) + LEEWAY <= now:
            raise _refused("it has expired")
        if _number(claims, "nbf") - LEEWAY > now or _number(claims, "iat") - LEEWAY > now:
            raise _refused("it is not valid yet")


def _number(claims: Mapping[str, Any], name: str, *, required: bool = False) -> float:
    value = claims.get(name)
    if value is None and not required:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(f"its {name} is not a time")
    return value


def _parsed(payload: bytes | None) -> dict[str, Any]:
    try:
        claims = strict_json.parse(payload or b"")
    except Refused as error:
        raise _refused("its claims are not proper JSON") from error
    if not isinstance(claims, dict):
        raise _refused("its claims are not an object")
    return claims


def _refused(why: str) -> Refused:
    return Refused("unauthenticated", f"the token is not accepted: {why}")
