"""Who sent this request: an access token, a service key, or a browser's session; never a header anybody can set."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from starlette.requests import Request

from shared.refusals import Refused
from shared.runtime import service_keys
from shared.runtime.entry import SESSION_COOKIE, Sessions, refuse_other_sites
from shared.runtime.grants import Known, Roster
from shared.runtime.kept import Kept
from shared.runtime.principals import AuthType, Grant, Principal
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.tokens import TokenVerifier

KEPT_SECONDS: Final = 30.0
"""How long a service key or an identity counts without asking the directory: a revocation takes at most this long."""


class Directory(Protocol):
    """What the authenticator needs of the directory of people (`People`)."""

    async def person_of(
        self,
        issuer: str,
        subject: str,
        name: str | None = None,
        email: str | None = None,
        *,
        vouched: bool = False,
    ) -> str:
        """The opaque id behind an identity; see `People.person_of`."""


class Authenticator:
    """Turns credentials into a principal. `clock` gives seconds since 1970."""

    def __init__(
        self,
        *,
        tokens: TokenVerifier,
        roster: Roster,
        people: Directory,
        clock: Callable[[], float],
        keys: ServiceKeys | None = None,
        sessions: Sessions | None = None,
    ) -> None:
        self._tokens, self._roster, self._people, self._keys, self._sessions = tokens, roster, people, keys, sessions
        self._ids: Kept[tuple[str, str, Known], str] = Kept(10_000, clock)
        self._known_keys: Kept[str, tuple[str, str, tuple[Grant, ...]]] = Kept(1_000, clock)

    async def principal(self, request: Request) -> Principal | None:
        """The principal; None without credentials.

        Raises `Refused`: `unauthenticated` for bad ones, `forbidden` for a session used from another site,
        `unavailable` when the issuer's keys can't be had.
        """
        headers = request.headers.getlist("authorization")
        if len(headers) > 1:
            raise Refused("unauthenticated", "one Authorization header is taken")
        if headers:
            scheme, _, credential = headers[0].partition(" ")
            if scheme.lower() != "bearer" or not credential.strip():
                raise Refused("unauthenticated", "the Authorization header must be `Bearer` and a token")
            return await self._bearer(credential.strip())
        cookie = request.cookies.get(SESSION_COOKIE)
        if cookie is None or self._sessions is None:
            return None
        claims = await self._sessions.claims(cookie)
        refuse_other_sites(request)
        return await self._of_claims(claims)

    async def _bearer(self, credential: str) -> Principal:
        if credential.startswith(service_keys.PREFIX):
            return await self._of_key(credential)
        return await self._of_claims(await self._tokens.claims(credential))

    async def _of_claims(self, claims: Mapping[str, Any]) -> Principal:
        issuer, subject = self._tokens.issuer, str(claims["sub"])
        person = await self._id(issuer, subject, self._roster.named(subject, claims))
        actor = claims.get("act")
        acting = str(actor["sub"]) if isinstance(actor, dict) and isinstance(actor.get("sub"), str) else None
        return Principal(
            person=person if acting is None else await self._id(issuer, acting, Known()),
            issuer=issuer,
            subject=subject if acting is None else acting,
            grants=self._roster.grants_of(subject, claims),
            authtype=_authtype(claims),
            on_behalf_of=None if acting is None else person,
            scopes=frozenset(str(claims.get("scope", "")).split()),
        )

    async def _of_key(self, presented: str) -> Principal:
        if self._keys is None:
            raise Refused("unauthenticated", "service keys are not taken here")
        known = self._known_keys.get(presented)
        if known is None:
            known = await self._keys.known(presented)
            self._known_keys.put(presented, known, KEPT_SECONDS)
        key_id, name, grants = known
        person = await self._id(service_keys.ISSUER, key_id, Known(name))
        return Principal(person=person, issuer=service_keys.ISSUER, subject=key_id, grants=grants, authtype="api_key")

    async def _id(self, issuer: str, subject: str, known: Known) -> str:
        if (person := self._ids.get((issuer, subject, known))) is None:
            name, email, vouched = known.name, known.email, known.vouched
            person = await self._people.person_of(issuer, subject, name, email, vouched=vouched)
            self._ids.put((issuer, subject, known), person, KEPT_SECONDS)
        return person


def _authtype(claims: Mapping[str, Any]) -> AuthType:
    # RFC 9068 section 2.2: where no person took part, the subject is the client itself.
    return "service_account" if claims.get("client_id") == claims["sub"] else "app_user"
