"""The histories that KPIs are computed from, read for one question and let go."""

from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from services.reporting.domain.cases import Book
from services.reporting.domain.cut import Cut
from services.reporting.domain.histories import DiscoveryHistory, ReviewHistory, SystemHistory
from services.reporting.queries.reading import Scope

H = TypeVar("H", SystemHistory, ReviewHistory, DiscoveryHistory)


async def histories_for(connection: AsyncConnection, scope: Scope, cut: Cut) -> Book:
    """Every history that may be seen and began by then: what began later is no case of any KPI."""
    return Book(
        await systems(connection, scope, tables.system.c.registered_at <= cut.true_at),
        await reviews(connection, scope, tables.review.c.opened_at <= cut.true_at),
        await discoveries(connection, scope, tables.discovery.c.found_at <= cut.true_at),
        await reviewed(connection, scope),
        None if scope.reach.everything else await gating(connection, scope, tables.review.c.opened_at <= cut.true_at),
    )


async def systems(connection: AsyncConnection, scope: Scope, wanted: ColumnElement[bool]) -> list[SystemHistory]:
    """The histories of those systems that may be seen."""
    return await _read(connection, tables.system, scope.of_systems & wanted, SystemHistory)


async def reviews(connection: AsyncConnection, scope: Scope, wanted: ColumnElement[bool]) -> list[ReviewHistory]:
    """The histories of those reviews that may be seen."""
    return await _read(connection, tables.review, scope.of_reviews & wanted, ReviewHistory)


async def discoveries(connection: AsyncConnection, scope: Scope, wanted: ColumnElement[bool]) -> list[DiscoveryHistory]:
    """The histories of those discoveries that may be seen."""
    return await _read(connection, tables.discovery, scope.of_discoveries & wanted, DiscoveryHistory)


async def reviewed(connection: AsyncConnection, scope: Scope) -> list[SystemHistory]:
    """The systems of the reviews that may be seen, as far as triage ever waited for answers about them: a system may
    belong elsewhere by now."""
    theirs = select(tables.review.c.system_id).where(scope.of_reviews)
    asked = tables.system.c.sent_back & tables.system.c.system_id.in_(theirs)
    return await _read(connection, tables.system, asked, SystemHistory)


async def gating(connection: AsyncConnection, scope: Scope, wanted: ColumnElement[bool]) -> list[ReviewHistory]:
    """The reviews of the systems that may be seen: what a system was approved by goes with it where it moves."""
    theirs = select(tables.system.c.system_id).where(scope.of_systems)
    here = tables.review.c.system_id.in_(theirs)
    return await _read(connection, tables.review, wanted if scope.reach.everything else here & wanted, ReviewHistory)


async def _read(connection: AsyncConnection, table: Table, wanted: ColumnElement[bool], kind: type[H]) -> list[H]:
    key = next(iter(table.primary_key.columns))
    query = select(table.c.history).where(wanted).order_by(key)
    texts = (await connection.execute(query)).scalars().all()
    # One parse of all is several times faster than one parse each.
    return msgspec.json.decode(f"[{','.join(texts)}]", type=list[kind])  # type: ignore[valid-type]
