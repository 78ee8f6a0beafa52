"""What endpoints ask of a request, as FastAPI dependencies: who, under which key, at which version, which page."""

from typing import Annotated, Any, Final

from fastapi import Depends, Header, Query, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from shared.refusals import Refused
from shared.runtime.authenticator import Authenticator
from shared.runtime.bodies import has_body, remembered
from shared.runtime.cursors import DEFAULT_LIMIT, MAX_LIMIT, Page, page_of
from shared.runtime.edge import answer_with
from shared.runtime.etags import version_in
from shared.runtime.idempotency import digest_of, key_in, scope_of
from shared.runtime.in_flight import InFlight
from shared.runtime.principals import Principal
from shared.runtime.problems import request_id
from shared.runtime.rate_limits import RateLimiter
from shared.runtime.telemetry import current_traceparent
from shared.store.port import Context, Key

_BEARER: Final = HTTPBearer(auto_error=False, bearerFormat="RFC 9068 access token or service key", scheme_name="bearer")
"""For the OpenAPI document; the authenticator reads the header itself."""
_WHO: Final = "gatehouse.who"
"""Where a request keeps who asks. A dependency of several others is walked to for each of them, its tree with it,
before FastAPI sees that it was met already: so they ask here."""


Declared = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


async def perhaps_signed_in(request: Request, declared: Declared = None) -> Principal | None:
    """Who asks; None without any credentials. Bad credentials are refused, never taken for none."""
    if _WHO not in request.scope:
        request.scope[_WHO] = await _found(request)
    found: Principal | None = request.scope[_WHO]
    return found


async def signed_in(request: Request, declared: Declared = None) -> Principal:
    """Who asks; raises `Refused("unauthenticated")` without credentials."""
    principal = await perhaps_signed_in(request)
    if principal is None:
        raise Refused("unauthenticated", "this needs an access token or a session")
    return principal


async def _found(request: Request) -> Principal | None:
    authenticator: Authenticator = request.app.state.authenticator
    limiter: RateLimiter = request.app.state.limiter
    principal = await authenticator.principal(request)
    if principal is not None:
        answer_with(request, await limiter.spend(principal.person))
    return principal


Signed = Annotated[Principal, Depends(signed_in)]
MaybeSigned = Annotated[Principal | None, Depends(perhaps_signed_in)]


def key_of(request: Request, who: Principal, asked: Any) -> Key:
    """The store's key for what was asked, held until it is answered: parsed JSON, or the bytes of a batch.

    Raises `Refused`: `idempotency-missing`, `malformed-request`, `idempotency-in-flight`.
    """
    value = key_in(request.headers.get("idempotency-key"))
    route: Any = request.scope["route"]
    digest = digest_of(request.method, request.scope["path"], asked)
    return held(request, Key(scope=scope_of(who.person, request.method, route.path), value=value, digest=digest))


def held(request: Request, key: Key) -> Key:
    """The key, which belongs to this request until it is answered; raises `Refused("idempotency-in-flight")`."""
    in_flight: InFlight = request.app.state.in_flight
    in_flight.begin(request, key)
    return key


async def _idempotency_key(
    request: Request,
    header: Annotated[str | None, Header(alias="Idempotency-Key", description="Unique per intention.")] = None,
) -> Key:
    who = await signed_in(request)
    if (body := remembered(request)) is None and has_body(request):
        # Nothing has read it: what it says would neither count nor be part of the key.
        raise Refused("malformed-request", "this takes no body")
    return key_of(request, who, b"" if body is None else body)


async def _acting(request: Request) -> Context:
    who = await signed_in(request)
    return Context(
        authtype=who.authtype,
        authid=who.person,
        onbehalfof=who.on_behalf_of,
        correlationid=request_id(request),
        traceparent=current_traceparent(),
    )


async def _if_match(header: Annotated[str | None, Header(alias="If-Match")] = None) -> int:
    return version_in(header)


async def _page(
    request: Request,
    limit: Annotated[str | None, Query(description=f"1 to {MAX_LIMIT}, usually {DEFAULT_LIMIT}.")] = None,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Page:
    return page_of(request.url.path, request.url.query, limit, cursor)


IdempotencyKey = Annotated[Key, Depends(_idempotency_key)]
"""The store's key for a request with a declared JSON body, or without any; other endpoints call `key_of`."""
Acting = Annotated[Context, Depends(_acting)]
"""Who acts and why, for the envelope of the events; its correlation id is the request's."""
IfMatch = Annotated[int, Depends(_if_match)]
Paging = Annotated[Page, Depends(_page)]
