"""Every promise of the log is kept by the SQL log and by a real Apache Kafka."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.log.open import open_log
from shared.log.port import Log, LogReader, LogWriter
from shared.store.port import EventStore
from tests.contracts.store.conftest import Opener

ENGINES = ["sqlite", pytest.param("kafka", marks=pytest.mark.kafka)]
PARTITIONS = 3


@pytest.fixture(params=ENGINES)
def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'log.db'}"
    return f"kafka://{request.getfixturevalue('kafka_server').bootstrap}"


@pytest.fixture
async def log(log_url: str) -> AsyncIterator[Log]:
    opened = await open_log(log_url)
    yield opened
    await opened.close()


@pytest.fixture
async def sql_log(tmp_path: Path) -> AsyncIterator[Log]:
    opened = await open_log(f"sqlite:///{tmp_path / 'log.db'}")
    yield opened
    await opened.close()


@pytest.fixture
def topic_name() -> str:
    """Of a topic that no other test has: the broker is the whole session's."""
    return f"test-{uuid4()}"


@pytest.fixture
async def topic(log: Log, topic_name: str) -> str:
    await log.ensure({topic_name: PARTITIONS})
    return topic_name


@pytest.fixture
async def writer(log: Log) -> AsyncIterator[LogWriter]:
    made = log.writer()
    yield made
    await made.close()


@pytest.fixture
def reader(log: Log) -> LogReader:
    return log.reader()


Background = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


@pytest.fixture
async def background() -> AsyncIterator[Background]:
    """Starts what runs until the test ends; what it raised before is the test's failure."""
    tasks: list[asyncio.Task[Any]] = []

    def start(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        tasks.append(asyncio.create_task(work))
        return tasks[-1]

    async with AsyncExitStack() as ending:
        ending.push_async_callback(_end, tasks)
        yield start


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """The URL of a database for a purpose: on SQLite a file each, on PostgreSQL the service's one."""
    if request.param == "sqlite":
        return lambda purpose: f"sqlite:///{tmp_path / f'{purpose}.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return lambda purpose: url


@pytest.fixture
async def store(database_url: Callable[[str], str]) -> AsyncIterator[EventStore]:
    opener = Opener(database_url("events"))
    yield await opener()
    await opener.close()
