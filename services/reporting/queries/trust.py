"""Why the numbers may be believed: the logs' signed heads, and when they were last verified."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from shared.transparency.tile_source import TileSource, read_hashes
from shared.transparency.tiles import WIDTH, tile_at


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A service's log: the newest signed head that was published, and what verifying it found.

    `verified_size` entries were intact at `verified_at`, every one of them looked at anew at `whole_at`; where
    `failed_at` is set, it was found broken then, at entry `first_bad`, for this `reason`.
    """

    service: str
    origin: str | None
    size: int | None
    root: str | None
    intact: bool | None
    verified_size: int | None
    verified_at: datetime | None
    whole_at: datetime | None
    failed_at: datetime | None
    first_bad: int | None
    reason: str | None


async def logs(connection: AsyncConnection, services: Sequence[str]) -> Sequence[LogLine]:
    """One line per service, in the order asked for."""
    heads = {row.service: row for row in await connection.execute(select(tables.log_head))}
    return [_line(service, heads.get(service), await _found(connection, service)) for service in services]


async def published_head(connection: AsyncConnection, service: str) -> bytes | None:
    """The newest signed checkpoint that the event log holds of a service's log."""
    query = select(tables.log_head.c.signed).where(tables.log_head.c.service == service)
    signed = (await connection.execute(query)).scalar_one_or_none()
    return None if signed is None else str(signed).encode()


async def digests_differ(
    connection: AsyncConnection, service: str, source: TileSource, first: int, size: int
) -> int | None:
    """The first position from `first` on where the audit trail holds another fact than the log; None for nowhere.

    Facts that have not arrived in the audit trail yet can't differ.
    """
    columns = tables.fact.c
    for start in range(first - first % WIDTH, size, WIDTH):
        query = select(columns.position, columns.digest).where(
            columns.service == service, columns.position >= start, columns.position < min(start + WIDTH, size)
        )
        held = (await connection.execute(query.order_by(columns.position))).all()
        if held:
            leaves = await asyncio.to_thread(read_hashes, source, tile_at(0, start // WIDTH, size))
            for row in held:
                if leaves[row.position - start].hex() != row.digest:
                    return int(row.position)
    return None


async def _found(connection: AsyncConnection, service: str) -> Sequence[Row[Any]]:
    """The days on which the log was verified, the newest first, back to when it was last found intact as a whole."""
    columns = tables.verification.c
    intact = select(func.max(columns.day)).where(columns.service == service, columns.cleared_at.is_not(None))
    since = func.coalesce(intact.scalar_subquery(), "")
    query = select(tables.verification).where(columns.service == service, columns.day >= since)
    return (await connection.execute(query.order_by(columns.day.desc()))).all()


def _line(service: str, head: Row[Any] | None, found: Sequence[Row[Any]]) -> LogLine:
    last = found[0] if found else None
    failed = next((row for row in reversed(found) if row.failed_at is not None), None)
    whole = next((row.whole_at for row in found if row.whole_at is not None), None)
    return LogLine(
        service=service,
        origin=head.origin if head else None,
        size=head.size if head else None,
        root=head.root if head else None,
        intact=None if last is None else failed is None,
        verified_size=last.size if last else None,
        verified_at=last.verified_at if last else None,
        whole_at=whole,
        failed_at=failed.failed_at if failed else None,
        first_bad=failed.first_bad if failed else None,
        reason=failed.reason if failed else None,
    )
