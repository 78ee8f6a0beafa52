"""A real application on the runtime, with endpoints of the kinds that services have, and a client that speaks to it."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import APIRouter, FastAPI
from joserfc.jwk import ECKey
from prometheus_client import CollectorRegistry

from shared.runtime.app import create_app
from shared.runtime.asking import Acting, IdempotencyKey, IfMatch, MaybeSigned, Paging, Signed
from shared.runtime.authenticator import Authenticator
from shared.runtime.entry import OneTimeLinks, Sessions, entry_router
from shared.runtime.grants import GroupMapping, Roster
from shared.runtime.jwks import KeySource, LocalKeys
from shared.runtime.people import People
from shared.runtime.principals import Grant, Place
from shared.runtime.routing import Input, Instant, json_router
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.settings import Settings
from shared.runtime.tokens import TokenVerifier

ISSUER = "https://login.example.org"
AUDIENCE = "gatehouse"
GROUPS = {
    "everyone": [Grant("requester")],
    "retail": [Grant("requester", "business_unit", "Retail")],
    "auditors": [Grant("auditor")],
}


class Note(Input):
    """What the tests' own endpoint takes."""

    text: str
    count: int = 0
    tags: tuple[str, ...] = ()
    part: "Part | None" = None
    at: Instant | None = None


class Part(Input):
    """A nested field."""

    name: str


def notes() -> APIRouter:
    """Endpoints of the kinds that services have."""
    routes = json_router("/notes/v1", "notes")

    @routes.post("/notes", status_code=201)
    async def add(body: Note, who: Signed, key: IdempotencyKey, acting: Acting) -> dict[str, Any]:
        who.require("requester")
        return {
            "text": body.text,
            "person": who.person,
            "scope": key.scope,
            "key": key.value,
            "digest": key.digest.hex(),
            "authtype": acting.authtype,
            "correlation": acting.correlationid,
        }

    @routes.post("/open")
    async def open_to_all(body: Note) -> Note:
        return body

    @routes.post("/list")
    async def many(body: list[Note]) -> int:
        return len(body)

    @routes.put("/notes/{number}")
    async def edit(number: int, version: IfMatch) -> int:
        return version

    @routes.get("/notes")
    async def listed(page: Paging) -> dict[str, Any]:
        return {"limit": page.limit, "after": page.last(str, int), "cursor": page.next(("b", 2))}

    @routes.get("/units/{unit}")
    async def unit(unit: str, who: Signed) -> str:
        who.require("requester", at=Place(business_unit=unit))
        return unit

    @routes.get("/me")
    async def me(who: MaybeSigned) -> str | None:
        return None if who is None else who.person

    @routes.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the secret reason")

    return routes


class Site:
    """The application, its parts, and a client that speaks to it over ASGI."""

    def __init__(
        self,
        key: ECKey,
        people: People,
        service_keys: ServiceKeys,
        *,
        keys: KeySource | None = None,
        issuer: str = ISSUER,
        roster: Roster | None = None,
        readiness: Mapping[str, Any] | None = None,
        registry: CollectorRegistry | None = None,
        routers: tuple[APIRouter, ...] = (),
        **settings: Any,
    ) -> None:
        self.keys = service_keys
        self.links, sessions = OneTimeLinks(time.time), Sessions(key, issuer, 12, time.time, secure=False)
        authenticator = Authenticator(
            tokens=TokenVerifier(issuer, AUDIENCE, keys or LocalKeys(key), time.time),
            roster=roster or GroupMapping(GROUPS),
            people=people,
            clock=time.time,
            keys=service_keys,
            sessions=sessions,
        )
        self.app = create_app(
            title="Notes",
            routers=[notes(), entry_router(self.links, sessions), *routers],
            lifespan=no_lifespan,
            authenticator=authenticator,
            settings=Settings(**{"allowed_hosts": ("gatehouse.test",), **settings}),
            readiness=readiness or {},
            registry=registry or CollectorRegistry(),
        )
        transport = httpx2.ASGITransport(app=self.app)
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://gatehouse.test")

    async def post(self, path: str, content: Any, **headers: str) -> httpx2.Response:
        """A body exactly as given, as `application/json` unless the headers say otherwise."""
        named = {"content-type": "application/json", **{name.replace("_", "-"): v for name, v in headers.items()}}
        return await self.client.post(path, content=content, headers=named)


def code_of(response: httpx2.Response) -> tuple[int, str]:
    """Status and problem code of an answer that must be problem details."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) >= {"type", "title", "status", "detail", "instance"}
    assert problem["status"] == response.status_code
    assert problem["instance"] == f"urn:uuid:{response.headers['x-request-id']}"
    return response.status_code, problem["type"].removeprefix("/problems/")


@asynccontextmanager
async def no_lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Nothing to open or close."""
    yield
