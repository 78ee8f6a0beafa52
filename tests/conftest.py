"""Engines shared by many tests: each is started when the first of them asks."""

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, settings

from deploy.local.kafka import KafkaServer
from deploy.local.platform import Platform
from deploy.local.postgres import PostgresServer
from deploy.local.temporal import TemporalServer
from shared.runtime.collector import spare_the_collector
from shared.runtime.leaving import leave
from tests.engines import engine_folder, or_missing

settings.register_profile("gatehouse", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gatehouse")
"""Hypothesis judges what it finds, not how fast the machine is that others use meanwhile."""


def pytest_collection_finish() -> None:
    """As every process of the product does: four thousand tests and what they import are no garbage."""
    spare_the_collector()


def pytest_unconfigure() -> None:
    """The run used Temporal's core: it must go before the interpreter does, or the run may end in a crash."""
    leave()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are handed out in this order: those that take longest first, so that none is left over at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with engine_folder("postgres") as folder, or_missing(lambda: PostgresServer(folder)) as server:
        yield server


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaServer]:
    with engine_folder("kafka") as folder, or_missing(lambda: KafkaServer(folder)) as server:
        yield server


@pytest.fixture(scope="session")
def temporal_server() -> Iterator[TemporalServer]:
    with engine_folder("temporal") as folder, or_missing(lambda: TemporalServer(folder)) as server:
        yield server


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """Ended with the file that asked: a platform that nobody uses still takes a fifth of a processor."""
    with engine_folder("platform") as folder, or_missing(lambda: Platform(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def _database_numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, _database_numbers: Iterator[int]) -> Iterator[str]:
    """`postgresql+asyncpg://…` of a new, empty database; the test is its superuser."""
    name = f"test_{next(_database_numbers)}"
    postgres_server.run_sql(f"create database {name}")
    yield postgres_server.url(name)
    postgres_server.run_sql(f"drop database {name} with (force)")  # a test that leaves a session open learns elsewhere
