"""The way in for a browser on the embedded run: a link that works once, and the session it sets (DESIGN 15)."""

import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter
from joserfc.jwk import ECKey
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shared.refusals import Refused
from shared.runtime.jwks import LocalKeys
from shared.runtime.minting import mint
from shared.runtime.tokens import TokenVerifier

SESSION_COOKIE: Final = "gatehouse_session"
LINK_SECONDS: Final = 900.0
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_TYPE: Final = "session+jwt"
_AUDIENCE: Final = "gatehouse-session"


def refuse_other_sites(request: Request) -> None:
    """A cookie comes along by itself, so a request that changes anything must come from our own pages."""
    if request.method in _SAFE:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if site != "same-origin" and (site is not None or origin != own):
        raise Refused("forbidden", "a session changes things only from this server's own pages")


class OneTimeLinks:
    """Secrets that each open one session, within a quarter of an hour. They live in memory: a restart voids them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._open: dict[str, tuple[float, str]] = {}

    def issue(self, subject: str) -> str:
        """A new secret for that person."""
        secret = secrets.token_urlsafe(32)
        self._open[secret] = (self._clock() + LINK_SECONDS, subject)
        return secret

    def redeem(self, presented: str) -> str:
        """Whose secret it is, and the end of it; raises `Refused("unauthenticated")`."""
        for secret, (until, subject) in list(self._open.items()):
            if hmac.compare_digest(secret.encode(), presented.encode()):
                del self._open[secret]
                if until > self._clock():
                    return subject
        raise Refused(
            "unauthenticated", "this link was used or is too old; the next start of Gatehouse prints a new one"
        )


class Sessions:
    """Sessions as signed cookies: they outlive a restart, and end by themselves."""

    def __init__(self, key: ECKey, issuer: str, hours: int, clock: Callable[[], float], *, secure: bool) -> None:
        self._key, self._issuer, self._seconds, self._clock, self._secure = key, issuer, hours * 3600, clock, secure
        self._verifier = TokenVerifier(issuer, _AUDIENCE, LocalKeys(key), clock, types=frozenset({_TYPE}))

    async def claims(self, cookie: str) -> Mapping[str, Any]:
        """The claims of a session that is in force; raises `Refused("unauthenticated")`."""
        return await self._verifier.claims(cookie)

    def begin(self, response: Response, subject: str) -> None:
        """Set the cookie of a new session."""
        session = mint(
            self._key,
            issuer=self._issuer,
            audience=_AUDIENCE,
            subject=subject,
            seconds=self._seconds,
            now=self._clock(),
            typ=_TYPE,
        )
        response.set_cookie(
            SESSION_COOKIE, session, max_age=self._seconds, httponly=True, samesite="strict", secure=self._secure
        )

    def end(self, response: Response) -> None:
        """Have the browser forget the cookie."""
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=self._secure)


def entry_router(links: OneTimeLinks, sessions: Sessions) -> APIRouter:
    """`GET /entry/{secret}` opens a session and leads to `/`; `POST /entry/leave` ends it."""
    routes = APIRouter(prefix="/entry", include_in_schema=False)

    @routes.get("/{secret}")
    async def enter(secret: str) -> Response:
        response = RedirectResponse("/", status_code=303)
        sessions.begin(response, links.redeem(secret))
        return response

    @routes.post("/leave")
    async def leave(request: Request) -> Response:
        refuse_other_sites(request)
        response = RedirectResponse("/", status_code=303)
        sessions.end(response)
        return response

    return routes
