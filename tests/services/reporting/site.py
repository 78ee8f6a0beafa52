"""Reporting's endpoints and pages in a real application, and clients that speak to it."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import httpx2
from fastapi import APIRouter, FastAPI
from joserfc.jwk import ECKey
from prometheus_client import CollectorRegistry

from services.reporting.api import router
from services.reporting.page import pages
from services.reporting.queries.ground import Reporting
from shared.log.views import Views
from shared.policy.bundle import load_bundle
from shared.runtime.app import create_app
from shared.runtime.authenticator import Authenticator
from shared.runtime.entry import OneTimeLinks, Sessions, entry_router
from shared.runtime.grants import GroupMapping
from shared.runtime.jwks import LocalKeys
from shared.runtime.people import Card, People
from shared.runtime.principals import Grant
from shared.runtime.settings import Settings
from shared.runtime.tokens import TokenVerifier

ISSUER = "https://login.example.org"
AUDIENCE = "gatehouse"
GROUPS = {
    "auditors": [Grant("auditor")],
    "cards": [Grant("requester", "product_area", "Cards")],
    "one": [Grant("accountable_owner", "system", "s-2")],
    "nobody": [],
}
PEOPLE = {
    "owner-1": "Amina Diallo",
    "reviewer-1": "Jonas Berg",
    "head-1": "Priya Raman",
    "triager-1": "Lena Hoffmann",
    "chair-1": "Marcus Webb",
    "p-1": "Sofia Marin",
}


@dataclass
class Hands:
    """The time on the clock of the application; tests move it."""

    now: datetime

    def clock(self) -> datetime:
        return self.now


class ReportingSite:
    """The application over these tables, at the time its hands show."""

    def __init__(
        self,
        views: Views,
        key: ECKey,
        people: People,
        now: datetime,
        *,
        routers: Sequence[APIRouter] = (),
        example: bool = False,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.hands, self.registry = Hands(now), CollectorRegistry()
        self.reporting = Reporting(views=views, clock=self.hands.clock, bundle=load_bundle(), example=example)
        self.links, sessions = OneTimeLinks(time.time), Sessions(key, ISSUER, 12, time.time, secure=False)
        self._people, self._names = people, PEOPLE | dict(names or {})
        self.app = create_app(
            title="Gatehouse",
            routers=[
                router(self.reporting),
                pages(self.reporting, self.cards),
                entry_router(self.links, sessions),
                *routers,
            ],
            lifespan=_nothing,
            authenticator=Authenticator(
                tokens=TokenVerifier(ISSUER, AUDIENCE, LocalKeys(key), time.time),
                roster=_Everybody(),
                people=people,
                clock=time.time,
                sessions=sessions,
            ),
            settings=Settings(allowed_hosts=("gatehouse.test", "127.0.0.1")),
            readiness={},
            registry=self.registry,
        )
        transport = httpx2.ASGITransport(app=self.app)
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://gatehouse.test")

    async def cards(self, people: Iterable[str]) -> Mapping[str, Card]:
        """The directory, and the people of stories, whose ids are words."""
        wanted = set(people)
        told = {one: Card(one, self._names[one], None, forgotten=False) for one in wanted & self._names.keys()}
        return {**await self._people.cards(wanted), **told}


class _Everybody(GroupMapping):
    """Sessions carry no groups: their people are auditors here."""

    def __init__(self) -> None:
        super().__init__(GROUPS)

    def grants_of(self, subject: str, claims: Mapping[str, object]) -> tuple[Grant, ...]:
        return super().grants_of(subject, claims) if "groups" in claims else (Grant("auditor"),)


@asynccontextmanager
async def _nothing(app: FastAPI) -> AsyncIterator[None]:
    yield
