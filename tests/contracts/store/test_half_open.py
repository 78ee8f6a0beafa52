"""A database that is swallowed by the network, its connections open and silent, is noticed within seconds."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, make_url, text

from shared.store.errors import StoreUnavailable
from shared.store.postgres_database import CLOSE_SECONDS, PostgresDatabase
from shared.store.postgres_links import Links
from tests.faults.proxy import Proxy, proxied

SOON_SECONDS = 10.0


@dataclass(frozen=True)
class Behind:
    """A database behind a proxy, with a connection that has been used and lies in the pool."""

    database: PostgresDatabase
    proxy: Proxy


@pytest.fixture
async def behind(postgres_url: str) -> AsyncIterator[Behind]:
    url = make_url(postgres_url)
    async with proxied(url.port or 0) as proxy:
        database = PostgresDatabase(url.set(port=proxy.port))
        assert await database.transact(one) == 1
        assert proxy.links == 1
        yield Behind(database, proxy)
        await database.close()


def one(connection: Connection) -> int:
    return int(connection.execute(text("SELECT 1")).scalar_one())


async def test_an_idle_connection_that_fell_silent_costs_the_next_request_seconds(behind: Behind) -> None:
    behind.proxy.go_silent()
    behind.proxy.heal()  # new connections work; the one in the pool is silent for ever
    began = time.monotonic()
    assert await behind.database.transact(one) == 1
    assert time.monotonic() - began < SOON_SECONDS


async def test_control_a_connection_that_is_asked_without_a_limit_is_waited_for(behind: Behind) -> None:
    behind.proxy.go_silent()
    behind.proxy.heal()
    with patch("shared.store.postgres_liveness.PING_SECONDS", 3600.0), pytest.raises(TimeoutError):
        async with asyncio.timeout(SOON_SECONDS):
            await behind.database.transact(one)


async def test_while_the_network_is_silent_a_request_is_told_so_within_seconds(behind: Behind) -> None:
    behind.proxy.go_silent()
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await behind.database.transact(one)
    assert time.monotonic() - began < SOON_SECONDS
    behind.proxy.heal()
    assert await behind.database.transact(one) == 1


async def test_a_statement_under_way_ends_with_its_time_limit(behind: Behind, postgres_url: str) -> None:
    direct = PostgresDatabase(make_url(postgres_url))
    with patch("shared.store.postgres_database.STATEMENT_SECONDS", 2.0):
        limited = PostgresDatabase(make_url(postgres_url).set(port=behind.proxy.port))
    slow = asyncio.create_task(limited.transact(lambda connection: connection.execute(text("SELECT pg_sleep(60)"))))
    asleep = text("SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(60)'")
    async with asyncio.timeout(SOON_SECONDS):
        while not await direct.transact(lambda connection: connection.execute(asleep).first()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        behind.proxy.go_silent()
        with pytest.raises(StoreUnavailable):
            await slow
    for each in (limited, direct):
        await each.close()


async def test_the_kernel_probes_every_connection(behind: Behind, postgres_url: str) -> None:
    links = Links(make_url(postgres_url))
    found = []
    async with links.writer() as writer:
        found.append(writer)
    async with behind.database._engine.connect() as lent:
        found.append((await lent.get_raw_connection()).driver_connection)
        for each in found:
            link = each._transport.get_extra_info("socket")
            assert link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
            assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5
    await links.close()


async def test_a_silent_connection_is_not_waited_for_at_the_end(behind: Behind) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(behind.database.transact(one))
    behind.proxy.go_silent()
    began = time.monotonic()
    await behind.database.close()
    assert time.monotonic() - began < CLOSE_SECONDS + 1
