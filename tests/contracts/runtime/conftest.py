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

from shared.runtime.entropy import LiveEntropy
from shared.runtime.key_files import keyring
from shared.runtime.minting import mint
from shared.runtime.people import People
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.tables import METADATA
from shared.runtime.telemetry import start_logging
from shared.store.database import Database
from shared.store.open import open_database
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
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'events.db'}")
    await database.transact(METADATA.create_all)
    yield database
    await database.close()


@pytest.fixture
def people(database: Database, tmp_path: Path) -> People:
    return People(database, keyring(tmp_path / "keys" / "master.key", LiveEntropy()), LiveEntropy())


@pytest.fixture
async def make_site(key: ECKey, people: People, database: Database) -> AsyncIterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(**options: Any) -> Site:
        made.append(Site(key, people, ServiceKeys(database), **options))
        return made[-1]

    yield make
    for site in made:
        await site.client.aclose()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()
