"""Noticing within seconds that the other end of a connection is gone, though its socket is open."""

import socket
from typing import Any, Final

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

PING_SECONDS: Final = 3.0
IDLE_SECONDS: Final = 5
PROBE_SECONDS: Final = 2
PROBES: Final = 3
UNANSWERED_MILLISECONDS: Final = 10_000
DEAD: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver says when the connection was cut between its two messages
)


def probe(connection: asyncpg.Connection) -> None:
    """Let the kernel ask whether the server's machine is still there: within eleven seconds of silence it gives up."""
    transport: Any = connection._transport
    link = transport.get_extra_info("socket")
    if link is None or link.family not in (socket.AF_INET, socket.AF_INET6):
        return
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        (socket.TCP_KEEPIDLE, IDLE_SECONDS),
        (socket.TCP_KEEPINTVL, PROBE_SECONDS),
        (socket.TCP_KEEPCNT, PROBES),
        (socket.TCP_USER_TIMEOUT, UNANSWERED_MILLISECONDS),
    ):
        link.setsockopt(socket.IPPROTO_TCP, option, value)


def keep_alive(engine: AsyncEngine) -> None:
    """Probe each connection of the pool, and ask one that was idle whether it still answers before it is lent out.

    One that does not answer, whether the server restarted or the network swallows everything, costs the request three
    seconds and not the time limit of a statement; all that are as old are given up with it.
    """

    def connected(adapted: Any, record: Any) -> None:
        probe(adapted.driver_connection)
        record.info["fresh"] = True

    def lent(adapted: Any, record: Any, _lent: object) -> None:
        if record.info.pop("fresh", False):
            return
        try:
            adapted.run_async(lambda driver: driver.fetchrow(";", timeout=PING_SECONDS))
        except DEAD as error:
            raise InvalidatePoolError(f"{type(error).__name__}: {error}") from error

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "checkout", lent)
