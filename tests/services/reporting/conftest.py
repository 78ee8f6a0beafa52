"""Reporting's tables on a real event log: what a story tells is published, projected and then read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from services.reporting.consumer import TOPICS, projection
from shared.log.open import open_log
from shared.log.port import Log, Outgoing
from shared.log.projector import Projector
from shared.log.views import Views, open_views
from tests.services.reporting.records import Story

Tell = Callable[[Story], Awaitable[None]]


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
