"""Tokens that an issuer would never make, signed or not, for any header and any claims."""

import base64
import hmac
import json
import time
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

from shared.runtime.key_files import token_key
from shared.runtime.minting import LOCAL_ISSUER
from shared.runtime.settings import Settings


class Forger:
    """Forges tokens for one installation. It even holds the issuer's key, so that nothing else is wrong with them."""

    def __init__(self, settings: Settings, subject: str) -> None:
        self.key = token_key(settings.path("issuer_key_file"))
        self.stranger = ECKey.generate_key("P-256", auto_kid=True)
        self._audience, self._subject = settings.oidc_audience, subject

    def claims(self, **other: Any) -> dict[str, Any]:
        """Good claims, but for these; None leaves one out."""
        now = int(time.time())
        good = {"iss": LOCAL_ISSUER, "aud": self._audience, "sub": self._subject, "iat": now, "exp": now + 600}
        return {name: value for name, value in {**good, **other}.items() if value is not None}

    def signed(self, header: dict[str, Any] | None = None, key: ECKey | None = None, **claims: Any) -> str:
        """Any header and claims whatever under a valid ES256 signature."""
        content = self.content({"alg": "ES256", **(header or {})}, **claims)
        r, s = decode_dss_signature((key or self.key).get_op_key("sign").sign(content.encode(), ECDSA(SHA256())))
        return f"{content}.{_b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def unsigned(self, algorithm: str) -> str:
        """A token that says it needs no signature."""
        return f"{self.content({'alg': algorithm})}."

    def by_public_key(self, public: bytes, kid: str) -> str:
        """A token whose MAC is made with a public key as the secret (RS256 turned HS256)."""
        content = self.content({"alg": "HS256", "kid": kid})
        return f"{content}.{_b64(hmac.digest(public, content.encode(), sha256))}"

    def content(self, header: dict[str, Any], **claims: Any) -> str:
        """Header and claims as they are signed."""
        named = {"typ": "at+jwt", "kid": self.key.kid, **header}
        told = {name: value for name, value in named.items() if value is not None}
        return f"{_b64(told)}.{_b64(self.claims(**claims))}"

    @property
    def public_keys(self) -> list[tuple[bytes, str]]:
        """What an attacker may take for a secret: the issuer's public key, in each of its spellings."""
        spelt = (self.key.as_pem(private=False), self.key.as_der(private=False))
        return [(each, str(self.key.kid)) for each in (*spelt, json.dumps(self.key.as_dict(private=False)).encode())]

    def jwk(self) -> dict[str, Any]:
        """The stranger's own public key."""
        return dict(self.stranger.as_dict(private=False))


def _b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
