"""The outermost layer of every process that answers HTTP: what holds for each request, whatever it asks for."""

import ipaddress
import time
from collections.abc import Mapping, Sequence
from http import HTTPMethod
from typing import Final
from uuid import uuid4

import structlog
from prometheus_client import CollectorRegistry, Histogram
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.refusals import Refused
from shared.runtime.in_flight import ended
from shared.runtime.problems import problem, refusal_of

MAX_RANGES: Final = 5
"""More parts than this in a Range header are an attack on the reader, not a reader (CVE-2025-62727)."""

_EXTRA: Final = "gatehouse.headers"
_ANY_HOST: Final = frozenset({"/healthz", "/readyz"})
"""Probes come from the orchestrator to an address, not to a name."""

_SECURITY: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HSTS: Final = "max-age=31536000; includeSubDomains"

_METHODS: Final = frozenset(HTTPMethod)
"""Those that have a label of their own in the metrics; any other is a word of the client's."""

_ENTRY: Final = "/entry/"
"""What follows this in a path opens a session: it is not logged or traced, not even where nothing took it."""

log = structlog.get_logger(__name__)


def answer_with(request: Request, headers: Mapping[str, str]) -> None:
    """Have these headers on the response, also if it turns out to be a refusal."""
    request.scope.setdefault(_EXTRA, {}).update(headers)


class Hosts:
    """The names this server answers for: exact, `*.suffix`, or a network for addresses."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._names = {name.lower() for name in allowed if "/" not in name and not name.startswith("*.")}
        self._suffixes = tuple(name[1:].lower() for name in allowed if name.startswith("*."))
        self._networks = [ipaddress.ip_network(name) for name in allowed if "/" in name]

    def allow(self, host: str) -> bool:
        """Whether a Host header names us; a name that merely resolves to us does not (DNS rebinding)."""
        name = host.lower()
        name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
        if name in self._names or (self._suffixes and name.endswith(self._suffixes)):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


class Edge:
    """Gives the request its id, checks its Host and Range, times and logs it, and sets the security headers.

    An exception that nobody foresaw is logged here with its trace and answered as problem details.
    """

    def __init__(self, app: ASGIApp, *, hosts: Hosts, https: bool, registry: CollectorRegistry) -> None:
        self._app, self._hosts = app, hosts
        self._headers = _raw({**_SECURITY, "Strict-Transport-Security": _HSTS} if https else _SECURITY)
        self._seconds = Histogram(
            "gatehouse_http_request_seconds",
            "Time to answer an HTTP request.",
            ("method", "route", "status"),
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request = Request(scope, receive)
        request.state.request_id = str(uuid4())
        answer = _Answer(request, send, self._headers)
        with structlog.contextvars.bound_contextvars(request_id=request.state.request_id):
            try:
                await self._guarded(request, receive, answer)
            finally:
                ended(scope)
            self._record(scope, answer.status, time.perf_counter() - began)

    async def _guarded(self, request: Request, receive: Receive, answer: "_Answer") -> None:
        try:
            self._check(request)
            await self._app(request.scope, receive, answer.send)
        except ClientDisconnect:
            log.info("the client went away before its request was complete")
        except Refused as refused:
            await problem(request, refused)(request.scope, receive, answer.send)
        except Exception as error:
            log.exception("request failed", method=request.method, path=_shown(request.scope))
            if answer.status is not None:
                raise  # too late for another answer: the server cuts the connection, so the client sees it is not whole
            await problem(request, refusal_of(error))(request.scope, receive, answer.send)

    def _check(self, request: Request) -> None:
        if request.scope["path"] not in _ANY_HOST and not self._hosts.allow(
            Headers(scope=request.scope).get("host", "")
        ):
            raise Refused("misdirected", "this server does not answer for the host that was named")
        if request.scope["path"].endswith("\n"):
            raise Refused("not-found", "")  # to the router's patterns it is the path without the line's end
        if request.headers.get("range", "").count(",") >= MAX_RANGES:
            raise Refused("range-not-satisfiable", f"at most {MAX_RANGES} ranges are served at once")

    def _record(self, scope: Scope, status: int | None, seconds: float) -> None:
        template = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._seconds.labels(method, template, str(status or "none")).observe(seconds)
        log.info("request", method=scope["method"], path=_shown(scope), status=status, seconds=round(seconds, 6))


def _raw(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in headers.items()}


def opens_a_session(scope: Scope) -> bool:
    """Whether the request's path, or its query, opens a session: it stands in no log and in no trace."""
    return str(scope["path"]).startswith(_ENTRY)


def _shown(scope: Scope) -> str:
    return f"{_ENTRY}…" if opens_a_session(scope) else str(scope["path"])


class _Answer:
    """Sends a response on its way, with our headers where it does not bring its own."""

    def __init__(self, request: Request, send: Send, headers: Mapping[bytes, bytes]) -> None:
        self._request, self._send, self._headers = request, send, headers
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            told = _raw({"X-Request-Id": self._request.state.request_id, **self._request.scope.get(_EXTRA, {})})
            brought = [header for header in message.get("headers", ()) if header[0] not in told]
            names = {name for name, _ in brought} | told.keys()
            ours = [header for header in self._headers.items() if header[0] not in names]
            message["headers"] = [*brought, *ours, *told.items()]
        await self._send(message)
