"""Every promise of the store is kept on both engines, by handles that several processes could hold."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EventStore

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


class Opener:
    """Opens handles on one store and closes them in the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opened: list[EventStore] = []

    async def __call__(self, clock: Callable[[], datetime] | None = None, **born: Any) -> EventStore:
        await upgrade(self.url, "intake")
        store = await open_store(self.url, "intake", clock=clock, **born)
        self._opened.append(store)
        return store

    async def close(self) -> None:
        while self._opened:
            await self._opened.pop().close()


@pytest.fixture(params=ENGINES)
def events_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'events.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def opener(events_url: str) -> AsyncIterator[Opener]:
    made = Opener(events_url)
    yield made
    await made.close()


@pytest.fixture
async def store(opener: Opener) -> EventStore:
    return await opener()
