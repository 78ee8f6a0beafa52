"""At which positions the tables stand, and how many facts they miss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from services.reporting.domain.cut import Cut

Stamp = tuple[tuple[str, int, int], ...]
"""How many facts of each partition are in: what KPIs answer is a function of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """One service's facts in these tables: up to `position`, `missing` of those before it, the newest recorded when.

    Facts are missing while they are on their way, or because they were set aside as unreadable.
    """

    service: str
    position: int
    facts: int
    missing: int
    recorded: datetime | None


async def stands(connection: AsyncConnection) -> Sequence[Stand]:
    """Where the tables stand, by service."""
    columns = tables.progress.c
    query = select(
        columns.service,
        func.max(columns.highest).label("highest"),
        func.sum(columns.facts).label("facts"),
        func.max(columns.newest).label("newest"),
    )
    return [
        Stand(
            service=row.service,
            position=int(row.highest),
            facts=int(row.facts),
            missing=int(row.highest) + 1 - int(row.facts),
            recorded=row.newest,
        )
        for row in await connection.execute(query.group_by(columns.service).order_by(columns.service))
    ]


async def positions(connection: AsyncConnection, stood: Sequence[Stand], cut: Cut) -> Mapping[str, int]:
    """The greatest position of each service that a cut reaches, -1 for none: the prefix that was known by then."""
    if cut.known_at is None:
        return {stand.service: stand.position for stand in stood}
    found: dict[str, int] = {}
    columns = tables.fact.c
    for stand in stood:
        query = select(columns.position).where(columns.service == stand.service, columns.recorded <= cut.known_at)
        # Within one service, recorded times never decrease with position (DESIGN 2).
        query = query.order_by(columns.recorded.desc(), columns.position.desc()).limit(1)
        last = (await connection.execute(query)).scalar_one_or_none()
        found[stand.service] = -1 if last is None else int(last)
    return found


async def counted(connection: AsyncConnection) -> Stamp:
    """Which facts the KPIs are computed from."""
    columns = tables.progress.c
    query = select(columns.service, columns.partition, columns.facts).where(columns.service.in_(("intake", "review")))
    order = (columns.service, columns.partition)
    return tuple((row.service, row.partition, row.facts) for row in await connection.execute(query.order_by(*order)))
