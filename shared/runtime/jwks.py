"""The public keys of an OpenID Connect issuer: found by discovery, cached, read again when a new id appears."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import httpx2
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from shared.refusals import Refused
from shared.runtime import strict_json

MAX_AGE: Final = 600.0
"""Seconds after which the keys are read again, so that a withdrawn key ends."""
FORCED_EVERY: Final = 30.0
"""Seconds between two readings forced by unknown key ids, so that made-up ids can't turn us against the issuer."""
FAILED_EVERY: Final = 1.0
"""Seconds between two attempts while nothing was read yet."""
MAX_BYTES: Final = 256 * 1024
TIMEOUT: Final = 5.0

log = structlog.get_logger(__name__)
_TYPES: Final[Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class KeySource(Protocol):
    """Where the keys that verify tokens come from."""

    async def find(self, kid: str) -> Key | None:
        """The public key with that id; None when the issuer has none. Raises `Refused("unavailable")`."""


class LocalKeys:
    """Keys at hand: the embedded run's own."""

    def __init__(self, *keys: Key) -> None:
        self._keys = {str(key.kid): key for key in keys}

    async def find(self, kid: str) -> Key | None:
        """See `KeySource`."""
        return self._keys.get(kid)


class RemoteKeys:
    """Keys of an issuer over HTTP. Old keys go on being used while the issuer can't be reached."""

    def __init__(self, issuer: str, client: httpx2.AsyncClient, clock: Callable[[], float]) -> None:
        self._issuer, self._client, self._clock = issuer, client, clock
        self._keys: dict[str, Key] = {}
        self._read_at: float | None = None
        self._forced_at = self._failed_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> Key | None:
        """See `KeySource`."""
        if not self._due() and (known := self._keys.get(kid)) is not None:
            return known  # without waiting for a reading that somebody's made-up id has forced
        async with self._lock:
            if self._due():
                await self._refresh()
            elif kid not in self._keys and self._clock() - self._forced_at >= FORCED_EVERY:
                self._forced_at = self._clock()
                await self._refresh()
        return self._keys.get(kid)

    async def answers(self) -> None:
        """For readiness: pass if keys are at hand; raises `Refused("unavailable")`."""
        async with self._lock:
            if self._due():
                await self._refresh()

    def _due(self) -> bool:
        return self._read_at is None or self._clock() - self._read_at >= MAX_AGE

    async def _refresh(self) -> None:
        if self._read_at is None and self._clock() - self._failed_at < FAILED_EVERY:
            raise Refused("unavailable", "the issuer of tokens can't be reached")
        try:
            async with asyncio.timeout(TIMEOUT):  # for both together: one that answers drop by drop holds up everybody
                self._keys = await self._published()
            self._read_at = self._clock()
        except (httpx2.HTTPError, httpx2.InvalidURL, Refused, TimeoutError, ValueError, KeyError) as error:
            log.warning("the issuer's keys could not be read", issuer=self._issuer, error=repr(error))
            if self._read_at is None:
                self._failed_at = self._clock()
                raise Refused("unavailable", "the issuer of tokens can't be reached") from error
            # Ask again soon, but not on every request.
            self._read_at = self._clock() - MAX_AGE + FORCED_EVERY

    async def _published(self) -> dict[str, Key]:
        document = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if document.get("issuer") != self._issuer:
            raise ValueError(f"the discovery document is of {document.get('issuer')!r}")
        return _usable(await self._get(str(document["jwks_uri"])))

    async def _get(self, url: str) -> dict[str, Any]:
        # As it is: what is packed may be a thousand times larger than what was counted.
        plain = {"Accept-Encoding": "identity"}
        async with self._client.stream("GET", url, headers=plain, timeout=TIMEOUT, follow_redirects=False) as response:
            if response.status_code != httpx2.codes.OK:
                raise ValueError(f"{url} answered {response.status_code}")
            content = b""
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise ValueError(f"{url} is larger than {MAX_BYTES} bytes")
        document = strict_json.parse(content)
        if not isinstance(document, dict):
            raise ValueError(f"{url} is not a JSON object")
        return document


def _usable(document: Mapping[str, Any]) -> dict[str, Key]:
    """The keys that may verify signatures. Symmetric keys, and keys of kinds not known here, are left out.

    Raises `ValueError` when this is no set of keys (RFC 7517 section 5).
    """
    if not isinstance(listed := document.get("keys"), list):
        raise ValueError("the issuer's key set has no list `keys`")
    found: dict[str, Key] = {}
    for one in listed:
        kind = _TYPES.get(str(one.get("kty"))) if isinstance(one, dict) else None
        if kind is None or one.get("use", "sig") != "sig" or not isinstance(one.get("kid"), str):
            continue
        public = {name: value for name, value in one.items() if name not in ("d", "p", "q", "dp", "dq", "qi", "oth")}
        try:
            found[one["kid"]] = kind.import_key(public)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:  # members of any JSON type
            log.warning("a key of the issuer is left out", kid=one["kid"], error=repr(error))
    return found
