"""Reporting's tables on a real event log, and its application: what a story tells is published, projected, read."""

import asyncio
import io
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog
from joserfc.jwk import ECKey

from services.reporting.consumer import TOPICS, projection
from shared.log.open import open_log
from shared.log.port import Log, Outgoing
from shared.log.projector import Projector
from shared.log.views import Views, open_views
from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import keyring
from shared.runtime.minting import mint
from shared.runtime.people import People
from shared.runtime.tables import METADATA
from shared.runtime.telemetry import start_logging
from shared.store.database import Database
from shared.store.open import open_database
from tests.domain.reporting.facts import at
from tests.services.reporting.records import Story
from tests.services.reporting.site import AUDIENCE, ISSUER, ReportingSite

Tell = Callable[[Story], Awaitable[None]]


@pytest.fixture(autouse=True)
def logged() -> Iterator[io.StringIO]:
    """Our own logging, as in every process."""
    root = logging.getLogger()
    handlers, level, lines = root.handlers[:], root.level, io.StringIO()
    start_logging("info", lines)
    yield lines
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    log = await open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await log.ensure(dict.fromkeys(TOPICS, 1))
    yield log
    await log.close()


@pytest.fixture
async def views(tmp_path: Path) -> AsyncIterator[Views]:
    views = await open_views(f"sqlite:///{tmp_path / 'views.db'}", projection())
    yield views
    await views.close()


@pytest.fixture
async def projector(log: Log, views: Views) -> AsyncIterator[Projector]:
    """A projector at work."""
    reader = log.reader()
    projector = Projector(reader, views)
    running = asyncio.create_task(projector.run())
    yield projector
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await reader.close()


@pytest.fixture
def tell(log: Log, projector: Projector) -> Tell:
    """Publish a story and wait until the tables hold it."""
    told: dict[str, int] = {}

    async def publish(story: Story) -> None:
        writer = log.writer()
        for topic in TOPICS:
            records = [record for record in story.records if record.partition.topic == topic][told.get(topic, 0) :]
            if records:
                await writer.publish(topic, [Outgoing(key=r.key, value=r.value, headers=r.headers) for r in records])
            told[topic] = told.get(topic, 0) + len(records)
        reader = log.reader()
        async with asyncio.timeout(30):
            await projector.caught_up(await reader.ends(TOPICS))

    return publish


@pytest.fixture(scope="session")
def key() -> ECKey:
    return ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)


@pytest.fixture(scope="session")
def token_of(key: ECKey) -> Callable[..., dict[str, str]]:
    """The Authorization header of somebody in these groups."""

    def make(*groups: str, subject: str = "ada") -> dict[str, str]:
        token = mint(
            key,
            issuer=ISSUER,
            audience=AUDIENCE,
            subject=f"{subject}-{'-'.join(groups)}",
            seconds=600,
            now=time.time(),
            claims={"groups": list(groups)},
        )
        return {"Authorization": f"Bearer {token}"}

    return make


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'people.db'}")
    await database.transact(METADATA.create_all)
    yield database
    await database.close()


@pytest.fixture
def people(database: Database, tmp_path: Path) -> People:
    return People(database, keyring(tmp_path / "keys" / "master.key", LiveEntropy()), LiveEntropy())


@pytest.fixture
async def make_site(views: Views, key: ECKey, people: People) -> AsyncIterator[Callable[..., ReportingSite]]:
    """Sites over the views of the test, at a time."""
    made: list[ReportingSite] = []

    def make(now: str, **options: Any) -> ReportingSite:
        made.append(ReportingSite(views, key, people, at(now), **options))
        return made[-1]

    yield make
    for site in made:
        await site.client.aclose()
