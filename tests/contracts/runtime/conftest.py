"""A directory of people on SQLite, tokens of an issuer, and the application of the tests."""

import io
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.runtime.entropy import LiveEntropy
from shared.runtime.issuer import mint
from shared.runtime.key_files import keyring
from shared.runtime.people import People
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.tables import METADATA
from shared.runtime.telemetry import start_logging
from tests.contracts.runtime.notes_site import AUDIENCE, ISSUER, Site


@pytest.fixture(autouse=True)
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Our own logging, as in every process; returns the lines so far, each of which must be one JSON object."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    lines = io.StringIO()
    start_logging("info", lines)
    yield lambda: [json.loads(line) for line in lines.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def key() -> ECKey:
    return ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)


@pytest.fixture(scope="session")
def token_of(key: ECKey) -> Callable[..., str]:
    """Access tokens of the tests' issuer; more claims come on top."""

    def make(subject: str = "ada", *groups: str, **claims: Any) -> str:
        more = {"groups": list(groups or ("everyone",)), **claims}
        return mint(key, issuer=ISSUER, audience=AUDIENCE, subject=subject, seconds=600, now=time.time(), claims=more)

    return make


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'events.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
def people(engine: AsyncEngine, tmp_path: Path) -> People:
    return People(engine, keyring(tmp_path / "keys" / "master.key", LiveEntropy()), LiveEntropy())


@pytest.fixture
async def make_site(key: ECKey, people: People, engine: AsyncEngine) -> AsyncIterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(**options: Any) -> Site:
        made.append(Site(key, people, ServiceKeys(engine), **options))
        return made[-1]

    yield make
    for site in made:
        await site.client.aclose()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()
