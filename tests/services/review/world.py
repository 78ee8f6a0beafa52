"""Review as it runs: real SQLite files, the SQL log, real tokens, the real application; only the clock is ours.

Intake stands beside it as a real store whose facts are relayed; what intake would decide is appended by the test.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
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

from services.review.handlers.offices import AUTHORITY
from services.review.wiring import build
from shared.events.fact import Fact
from shared.events.review import AppointmentMade
from shared.log.open import open_log
from shared.log.port import Log, facts_topic
from shared.log.relay import Relay
from shared.policy.bundle import Bundle
from shared.runtime.app import create_app
from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import keyring
from shared.runtime.minting import LOCAL_ISSUER, local_token
from shared.runtime.parts import Parts
from shared.runtime.people import People
from shared.runtime.service import Service
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.settings import Settings
from shared.runtime.sign_in import SignIn, sign_in
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import Append, Context, EventStore, NewEvent, StreamAppend
from tests.domain.review.world import confirmed

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REVIEWERS = ("product", "security")
BOARD = ("chair", "member1", "member2", "member3")
GRANTS = {
    "admin": "[administrator]",
    "rita": "[requester]",
    "omar": "[accountable_owner]",
    "lend": "[{role: requester, business_unit: Lending}]",
    "audit": "[auditor]",
    "helena": "[head_of_ai_governance]",
    "piet": "[programme_manager]",
    **{f"rev-{name}": f'["reviewer:{name}"]' for name in REVIEWERS},
    **{f"lead-{name}": f'["reviewer:{name}"]' for name in REVIEWERS},
    **dict.fromkeys(BOARD, "[board_member]"),
}
PEOPLE = "people:\n" + "".join(
    f"  - {{subject: {name}, name: {name.title()}, email: {name}@example.org, grants: {grants}}}\n"
    for name, grants in GRANTS.items()
)


class TestClock:
    """The stores' time, moved by the test; it never goes back."""

    __test__ = False

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def go(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class World:
    """One running review."""

    clock: TestClock
    service: Service
    store: EventStore
    intake: EventStore
    log: Log
    parts: Parts
    app: FastAPI
    client: httpx2.AsyncClient
    relays: tuple[Relay, Relay]
    ids: dict[str, str] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    async def person(self, subject: str) -> str:
        """The opaque id of one of the people."""
        return await self.parts.people.person_of(LOCAL_ISSUER, subject)

    def as_(self, subject: str, key: str | None = None) -> dict[str, str]:
        known = self._tokens
        token = known.get(subject) or known.setdefault(subject, local_token(self.parts.settings, subject))
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": key or str(uuid4())}

    async def post(
        self, path: str, body: Mapping[str, Any] | None, who: str, key: str | None = None
    ) -> httpx2.Response:
        return await self.client.post(f"/review/v1{path}", json=body, headers=self.as_(who, key))

    async def posted(self, path: str, body: Mapping[str, Any] | None, who: str) -> dict[str, Any]:
        """The answer to a request that must succeed."""
        answer = await self.post(path, body, who)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def get(self, path: str, who: str) -> httpx2.Response:
        return await self.client.get(f"/review/v1{path}", headers=self.as_(who))

    async def page(self, review_id: str, who: str = "rita") -> dict[str, Any]:
        answer = await self.get(f"/reviews/{review_id}", who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def queue(self, who: str) -> list[dict[str, Any]]:
        """What waits for somebody, once everything has settled."""
        await self.settled()
        answer = await self.get("/me/queue", who)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    async def staffed(self) -> None:
        """The offices of the people as the administrator's requests would leave them, in one append."""
        offices = {f"rev-{name}": f"reviewer:{name}" for name in REVIEWERS}
        offices |= {f"lead-{name}": f"discipline_lead:{name}" for name in REVIEWERS}
        offices |= dict.fromkeys(BOARD, "board_member") | {"chair": "board_chair"}
        offices |= {"helena": "head_of_ai_governance", "piet": "programme_manager"}
        past, admin = await self.store.read(AUTHORITY), await self.person("admin")
        self.ids.update({who: str(uuid4()) for who in offices})
        made = [
            AppointmentMade(
                appointment_id=self.ids[who],
                person=await self.person(who),
                role=role,
                scope="all",
                valid_from=past.now,
                valid_until=None,
                by=admin,
            )
            for who, role in offices.items()
        ]
        events = [NewEvent(id=str(uuid4()), fact=fact, time=past.now) for fact in made]
        append = StreamAppend(stream=AUTHORITY, partitionkey=AUTHORITY, expected=past.version, events=events)
        context = Context(authtype="user", authid=admin, correlationid=str(uuid4()))
        await self.store.append(Append(streams=[append], context=context))

    async def told(self, fact: Fact, stream: str = "system/1") -> str:
        """A fact of intake, appended and relayed; returns its event's id."""
        past, event = await self.intake.read(stream), str(uuid4())
        new = NewEvent(id=event, fact=fact, time=past.now)
        context = Context(authtype="system", authid="gatehouse/intake/test", correlationid=str(uuid4()))
        append = StreamAppend(stream=stream, partitionkey=stream, expected=past.version, events=[new])
        await self.intake.append(Append(streams=[append], context=context))
        return event

    async def opened(self, tier: str = "medium", **changed: Any) -> str:
        """A review, opened by a confirmed tier; returns its id."""
        people = {"requester": await self.person("rita"), "owner": await self.person("omar")}
        digest = {"policy_digest": self.parts.bundle.digest}
        fact = confirmed(tier, **people | digest | changed)
        await self.told(fact, f"system/{fact.system_id}")
        await self.settled()
        listed = await self.get(f"/reviews?system_id={fact.system_id}&state=gathering", "audit")
        return str(listed.json()["items"][0]["review_id"])

    async def submitted(self, tier: str = "medium", **changed: Any) -> str:
        review_id = await self.opened(tier, **changed)
        await self.posted(f"/reviews/{review_id}/evidence/links", link(), "rita")
        await self.posted(f"/reviews/{review_id}/submission", None, "rita")
        return review_id

    async def digests(self, review_id: str) -> dict[str, str]:
        page = await self.page(review_id, "audit")
        return {name: page[name] for name in ("evidence_digest", "policy_digest")}

    async def sign_off(
        self, review_id: str, discipline: str, verdict: str = "approve", who: str | None = None, **more: Any
    ) -> httpx2.Response:
        body = {"discipline": discipline, "verdict": verdict, "reason": "read and weighed"}
        named = await self.digests(review_id)
        return await self.post(f"/reviews/{review_id}/sign-offs", body | named | more, who or f"rev-{discipline}")

    async def vote(self, review_id: str, who: str, choice: str = "approve", **more: Any) -> httpx2.Response:
        body = {"choice": choice, "rationale": "weighed"} | await self.digests(review_id)
        return await self.post(f"/reviews/{review_id}/votes", body | more, who)

    async def close_vote(self, review_id: str, who: str = "chair", **more: Any) -> httpx2.Response:
        body = {"rationale": "the evidence carries it", "options": ["approve", "reject"]}
        return await self.post(f"/reviews/{review_id}/decision", body | await self.digests(review_id) | more, who)

    async def facts(self, kind: type[Fact] = Fact) -> list[Any]:
        """Every fact of that kind in review's store, in order."""
        return [one.fact for one in await self.store.after(-1, 10_000) if isinstance(one.fact, kind)]

    async def settled(self) -> None:
        """Wait until everything in the stores has reached the lists and the commanders."""
        while True:
            heads = [(await store.head()).next_position for store in (self.store, self.intake)]
            for relay, head in zip(self.relays, heads, strict=True):
                await relay.caught_up(head - 1)
            reader = self.log.reader()
            ends = await reader.ends([facts_topic("intake"), facts_topic("review")])
            await reader.close()
            for runner in (*self.service.projections, *self.service.commanders):
                await runner.caught_up(ends)  # type: ignore[attr-defined]  # every one of them has it
            if heads == [(await store.head()).next_position for store in (self.store, self.intake)]:
                return


def link(artefact: str = "system-card", content: str = "card", **more: Any) -> dict[str, Any]:
    """Evidence by link; its digest is that of the content."""
    return {
        "artefact": artefact,
        "title": "The system card",
        "digest": hashlib.sha256(content.encode()).hexdigest(),
        "link": "https://wiki.example.org/card",
        "sections": ["owner", "purpose"],
        **more,
    }


@asynccontextmanager
async def world(
    folder: Path,
    bundle: Bundle,
    temporal: Client | None = None,
    clock: TestClock | None = None,
    postgres: str | None = None,
) -> AsyncIterator[World]:
    """A running review on the files of that folder, which goes on if it was used before; on PostgreSQL if given."""
    review = {"review_events_url": postgres, "review_views_url": postgres}
    outside = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(503)))  # asked by no test
    clock, settings = clock or TestClock(), Settings(data=folder, **review)
    (folder / "people.yaml").write_text(PEOPLE)
    (folder / "people.yaml").chmod(0o600)
    stores: dict[str, EventStore] = {}
    for name in ("intake", "review"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        await upgrade(settings.events_url(name), name)
        stores[name] = await open_store(settings.events_url(name), name, clock=clock)
    log = await open_log(f"sqlite:///{folder / 'log.db'}")
    await log.ensure({facts_topic("intake"): 1, facts_topic("review"): 1})
    parts = _parts(settings, bundle, clock, log, stores, temporal)
    service = await build(parts)
    app = _app(parts, service, sign_in(settings, parts.people, parts.keys, outside))
    relays = (Relay(stores["review"], log.writer()), Relay(stores["intake"], log.writer()))
    runners = [*relays, *service.projections, *service.commanders, *service.starters]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield World(clock, service, stores["review"], stores["intake"], log, parts, app, client, relays)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await outside.aclose()
    await service.aclose()
    await log.close()
    for store in stores.values():
        await store.close()


def _parts(
    settings: Settings,
    bundle: Bundle,
    clock: TestClock,
    log: Log,
    stores: Mapping[str, EventStore],
    temporal: Client | None,
) -> Parts:
    directory, entropy = stores["intake"].database, LiveEntropy()
    return Parts(
        settings=settings,
        bundle=bundle,
        entropy=entropy,
        clock=clock,
        registry=CollectorRegistry(),
        people=People(directory, keyring(settings.path("master_key_file"), entropy), entropy),
        keys=ServiceKeys(directory),
        stores=stores,
        new_reader=log.reader,
        temporal=temporal,
    )


def _app(parts: Parts, service: Service, signing_in: SignIn) -> FastAPI:
    @asynccontextmanager
    async def nothing(_: FastAPI) -> AsyncIterator[None]:
        yield

    return create_app(
        title="Gatehouse",
        routers=service.routers(),
        lifespan=nothing,
        authenticator=signing_in.authenticator,
        settings=parts.settings,
        readiness=service.readiness,
        registry=parts.registry,
    )
