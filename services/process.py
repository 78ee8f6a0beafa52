"""One process of Gatehouse: what its services share, and the services themselves, opened and closed in order."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import Final

import httpx2
from prometheus_client import CollectorRegistry
from temporalio.client import Client

from shared.log.open import open_log
from shared.log.port import Log, checkpoints_topic, facts_topic
from shared.policy.bundle import Bundle, load_bundle
from shared.policy.schema import InvalidBundle
from shared.runtime.entropy import Entropy, LiveEntropy
from shared.runtime.key_files import keyring
from shared.runtime.parts import Parts
from shared.runtime.people import People
from shared.runtime.service import Service
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.settings import PREFIX, SERVICES, Settings, SettingsError
from shared.runtime.sign_in import SignIn, sign_in
from shared.store.database import Database
from shared.store.migrate import upgrade
from shared.store.open import open_database, open_store
from shared.store.port import EventStore

PARTITIONS: Final = 1
"""Of a topic on the SQL log; on Kafka the topics are made before the product starts (`deploy.prepare`)."""


@dataclass(frozen=True, kw_only=True)
class World:
    """What a play replaces: the clock, the randomness, and the ids with which stores are born."""

    clock: Callable[[], datetime] | None = None
    entropy: Entropy = field(default_factory=LiveEntropy)
    installation: Callable[[str], str | None] = lambda service: None
    example: bool = False


LIVE: Final = World()


@dataclass(frozen=True, kw_only=True)
class Process:
    """An opened process: services are built, nothing runs yet."""

    settings: Settings
    parts: Parts
    sign_in: SignIn
    services: Sequence[Service]
    log: Log


def log_url(settings: Settings) -> str:
    """The event log by the settings: Kafka where it is named, else a file of the data folder."""
    if settings.kafka_bootstrap is not None:
        return f"kafka://{settings.kafka_bootstrap}"
    return settings.log_url or f"sqlite:///{settings.data / 'log.db'}"


async def prepare_embedded(settings: Settings) -> None:
    """Bring the tables of a data folder up to this version; on the platform the owner does it (`deploy.prepare`)."""
    for service in SERVICES:
        (settings.data / service).mkdir(parents=True, exist_ok=True)
        await upgrade(settings.events_url(service), service)


@asynccontextmanager
async def opened(
    settings: Settings, names: Sequence[str] = SERVICES, *, temporal: Client | None = None, world: World = LIVE
) -> AsyncIterator[Process]:
    """Open the log and the stores and build the named services; everything is closed in reverse at the end."""
    async with AsyncExitStack() as closing:
        log = await open_log(log_url(settings))
        closing.push_async_callback(log.close)
        if settings.kafka_bootstrap is None:
            topics = [topic(service) for service in SERVICES for topic in (facts_topic, checkpoints_topic)]
            await log.ensure(dict.fromkeys(topics, PARTITIONS))
        stores = await _stores(settings, names, world, closing)
        parts = _parts(settings, world, log, stores, _directory(settings, stores, closing), temporal)
        http = httpx2.AsyncClient()
        closing.push_async_callback(http.aclose)
        ways_in = sign_in(settings, parts.people, parts.keys, http, parts.bundle.disciplines.disciplines)
        services: list[Service] = []
        for name in names:
            services.append(await _builder(name)(parts))
            closing.push_async_callback(services[-1].aclose)
        yield Process(settings=settings, parts=parts, sign_in=ways_in, services=services, log=log)


def load(names: Sequence[str]) -> None:
    """Load the code of these services, which `opened` does otherwise: for a process that has to wait anyway."""
    for name in names:
        _builder(name)


def _builder(name: str) -> Callable[[Parts], Awaitable[Service]]:
    """A service is loaded when it is built: a process of one service does not wait for the code of the other three."""
    build: Callable[[Parts], Awaitable[Service]] = import_module(f"services.{name}.wiring").build
    return build


async def _stores(
    settings: Settings, names: Sequence[str], world: World, closing: AsyncExitStack
) -> dict[str, EventStore]:
    stores: dict[str, EventStore] = {}
    for name in SERVICES:
        if name in names:
            stores[name] = await open_store(
                settings.events_url(name),
                name,
                clock=world.clock,
                installation=world.installation(name),
                domain=settings.log_domain,
            )
            closing.push_async_callback(stores[name].close)
    return stores


def _directory(settings: Settings, stores: Mapping[str, EventStore], closing: AsyncExitStack) -> Database:
    """The directory of people lies beside intake's events; a process without intake opens that database by itself."""
    if "intake" in stores:
        return stores["intake"].database
    database = open_database(settings.events_url("intake"))
    closing.push_async_callback(database.close)
    return database


def _parts(
    settings: Settings,
    world: World,
    log: Log,
    stores: Mapping[str, EventStore],
    directory: Database,
    temporal: Client | None,
) -> Parts:
    master = keyring(settings.path("master_key_file"), world.entropy)

    return Parts(
        settings=settings,
        bundle=_bundle(settings, world),
        entropy=world.entropy,
        clock=world.clock or _utc_now,
        registry=CollectorRegistry(),
        people=People(directory, master, world.entropy),
        keys=ServiceKeys(directory),
        stores=stores,
        new_reader=log.reader,
        temporal=temporal,
        example=world.example,
    )


def _bundle(settings: Settings, world: World) -> Bundle:
    """The policy, if it applies by now. A play tells of a past in which its policy was not written yet."""
    try:
        bundle = load_bundle(settings.policy_folder)
    except InvalidBundle as error:
        raise SettingsError(f"{PREFIX}POLICY_FOLDER: {error}") from error
    if world.clock is None and (today := _utc_now().date()) < bundle.effective_from:
        words = f"the policy {bundle.version} applies from {bundle.effective_from} on, and today is {today}"
        raise SettingsError(f"{PREFIX}POLICY_FOLDER: {words}")
    return bundle


def _utc_now() -> datetime:
    return datetime.now(UTC)
