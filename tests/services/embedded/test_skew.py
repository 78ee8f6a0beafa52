"""A clock that is not the store's is told by readiness and metrics, and changes no answer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.guarding import TOLERATED, GuardCollector, clock_check
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EventStore

DAY = timedelta(days=1)
SLOW = timedelta(seconds=30)  # of a busy machine


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventStore]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'events.db'}" if sqlite else request.getfixturevalue("postgres_url")
    await upgrade(url, "intake")
    opened = await open_store(url, "intake")
    yield opened
    await opened.close()


def off(by: timedelta) -> datetime:
    return datetime.now(UTC) + by


@pytest.mark.parametrize(("by", "words"), [(DAY, "s ahead of the store's"), (-DAY, "s behind the store's")])
async def test_a_clock_that_is_a_day_off_is_remarked_on(store: EventStore, by: timedelta, words: str) -> None:
    remark = await clock_check(store, lambda: off(by))()
    assert remark is not None
    assert remark.endswith(words)
    assert 86_340 <= int(remark.split()[3]) <= 86_460


async def test_a_clock_that_is_nearly_right_is_not(store: EventStore) -> None:
    assert await clock_check(store, lambda: off(timedelta(0)))() is None
    assert await clock_check(store, lambda: off(TOLERATED - SLOW))() is None


async def test_the_metric_says_how_far(store: EventStore) -> None:
    collector = GuardCollector({"intake": store}, asyncio.get_running_loop(), lambda: off(DAY))
    found = {family.name: family.samples for family in await asyncio.to_thread(lambda: list(collector.collect()))}
    [sample] = found["gatehouse_clock_skew_seconds"]
    assert sample.labels == {"service": "intake"}
    assert abs(sample.value - DAY.total_seconds()) < SLOW.total_seconds()
