"""Intake as it runs: real SQLite files, the SQL log, real tokens, the real application; only the clock is ours."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from temporalio.client import Client

from services.intake.wiring import build
from services.set_aside import set_aside_router
from shared.log.open import open_log
from shared.log.port import Log, facts_topic
from shared.log.relay import Relay
from shared.policy.bundle import Bundle
from shared.runtime.app import create_app
from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import keyring
from shared.runtime.minting import local_token
from shared.runtime.parts import Parts
from shared.runtime.people import People
from shared.runtime.service import Service
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.settings import Settings
from shared.runtime.sign_in import SignIn, sign_in
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EventStore

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = """\
people:
  - {subject: olga, name: Olga Operator, email: olga@example.org, grants: [administrator, requester]}
  - {subject: rita, name: Rita Requester, email: rita@example.org, grants: [requester]}
  - {subject: omar, name: Omar Owner, email: omar@example.org, grants: [accountable_owner]}
  - {subject: tess, name: Tess Triager, email: tess@example.org, grants: [triager, requester]}
  - {subject: both, name: Bo Both, email: bo@example.org, grants: [triager, administrator]}
  - {subject: piet, name: Piet Programme, email: piet@example.org, grants: [programme_manager]}
  - {subject: retail, name: Ray Retail, email: ray@example.org, grants: [{role: requester, business_unit: Retail}]}
  - {subject: audit, name: Ada Auditor, email: ada@example.org, grants: [auditor]}
"""


class TestClock:
    """The store's time, moved by the test; it never goes back."""

    __test__ = False

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def go(self, **by: float) -> None:
        self.now += timedelta(**by)

    def set(self, to: datetime) -> None:
        self.now = max(self.now, to)


@dataclass(frozen=True)
class World:
    """One running intake."""

    clock: TestClock
    service: Service
    store: EventStore
    log: Log
    parts: Parts
    app: FastAPI
    client: httpx2.AsyncClient
    relay: Relay
    _tokens: dict[str, str] = field(default_factory=dict)

    def token(self, subject: str) -> str:
        return self._tokens.get(subject) or self._tokens.setdefault(subject, local_token(self.parts.settings, subject))

    def as_(self, subject: str, key: str | None = None, **headers: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token(subject)}",
            "Idempotency-Key": key or str(uuid4()),
            **headers,
        }

    async def post(
        self, path: str, body: Mapping[str, Any] | None, who: str = "rita", key: str | None = None, **headers: str
    ) -> httpx2.Response:
        return await self.client.post(f"/intake/v1{path}", json=body, headers=self.as_(who, key, **headers))

    async def get(self, path: str, who: str = "rita") -> httpx2.Response:
        return await self.client.get(f"/intake/v1{path}", headers={"Authorization": f"Bearer {self.token(who)}"})

    async def submit(self, who: str = "rita", **more: Any) -> dict[str, Any]:
        """A submitted intake's receipt."""
        answer = await self.post("/intakes", {"name": "Chat helper", "owner": "omar@example.org", **more}, who)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def facts(self) -> list[Any]:
        """Every fact of the store, in order."""
        return [stored.fact for stored in await self.store.after(-1, 10_000)]

    async def settled(self) -> None:
        """Wait until everything in the store has reached the lists and the commanders."""
        while True:
            end = (await self.store.head()).next_position
            await self.relay.caught_up(end - 1)
            reader = self.log.reader()
            ends = await reader.ends([facts_topic("intake"), facts_topic("review")])
            await reader.close()
            for runner in (*self.service.projections, *self.service.commanders, *self.service.starters):
                if hasattr(runner, "caught_up"):
                    await runner.caught_up(ends)
            if (await self.store.head()).next_position == end:
                break
        aside = [
            await part.set_aside()
            for part in (self.service.views, *self.service.commanders)
            if hasattr(part, "set_aside")
        ]
        assert not any(aside), aside


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 20) -> Any:
    """What the condition comes to, once it is true; fails after so many seconds."""
    async with asyncio.timeout(seconds):
        while not (found := await condition()):  # noqa: ASYNC110 - what it waits for is in a database
            await asyncio.sleep(0.01)
    return found


@asynccontextmanager
async def world(
    folder: Path,
    bundle: Bundle,
    temporal: Client | None = None,
    clock: TestClock | None = None,
    example: bool = False,
    **urls: str,
) -> AsyncIterator[World]:
    """A running intake on the files of that folder; a folder that was used before goes on.

    With `temporal` its clocks are started and rung; the worker that keeps them is the test's. `urls` are settings.
    """
    outside = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(503)))  # asked by no test
    clock, settings = clock or TestClock(), Settings.model_validate({"data": folder, **urls})
    (folder / "intake").mkdir(parents=True, exist_ok=True)
    (folder / "people.yaml").write_text(PEOPLE)
    (folder / "people.yaml").chmod(0o600)
    await upgrade(settings.events_url("intake"), "intake")
    store = await open_store(settings.events_url("intake"), "intake", clock=clock)
    log = await open_log(f"sqlite:///{folder / 'log.db'}")
    await log.ensure({facts_topic("intake"): 1, facts_topic("review"): 1})

    people = People(store.database, keyring(folder / "keys" / "master.key", LiveEntropy()), LiveEntropy())
    keys = ServiceKeys(store.database)
    parts = Parts(
        settings=settings,
        bundle=bundle,
        entropy=LiveEntropy(),
        clock=clock,
        registry=CollectorRegistry(),
        people=people,
        keys=keys,
        stores={"intake": store},
        new_reader=log.reader,
        temporal=temporal,
        example=example,
    )
    service = await build(parts)
    app = _app(parts, service, sign_in(settings, people, keys, outside))
    relay = Relay(store, log.writer())
    runners = [relay, *service.projections, *service.commanders, *service.starters]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield World(clock, service, store, log, parts, app, client, relay)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await outside.aclose()
    await service.aclose()
    await log.close()
    await store.close()


def _app(parts: Parts, service: Service, signing_in: SignIn) -> FastAPI:
    @asynccontextmanager
    async def nothing(_: FastAPI) -> AsyncIterator[None]:
        yield

    return create_app(
        title="Gatehouse",
        routers=[*service.routers(), set_aside_router(service)],
        lifespan=nothing,
        authenticator=signing_in.authenticator,
        settings=parts.settings,
        readiness=service.readiness,
        registry=parts.registry,
    )
