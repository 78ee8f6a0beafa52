"""The histories that KPIs are computed from, read whole and at once."""

from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from services.reporting.domain.cases import Book
from services.reporting.domain.histories import DiscoveryHistory, ReviewHistory, SystemHistory
from services.reporting.queries.reading import Scope

H = TypeVar("H", SystemHistory, ReviewHistory, DiscoveryHistory)


async def open_book(connection: AsyncConnection, scope: Scope) -> Book:
    """Every history that may be seen."""
    return Book(
        await _histories(connection, tables.system, scope.of_systems, SystemHistory),
        await _histories(connection, tables.review, scope.of_reviews, ReviewHistory),
        await _histories(connection, tables.discovery, scope.of_discoveries, DiscoveryHistory),
    )


async def _histories(connection: AsyncConnection, table: Table, seen: ColumnElement[bool], kind: type[H]) -> list[H]:
    key = next(iter(table.primary_key.columns))
    query = select(table.c.history).where(seen).order_by(key)
    texts = (await connection.execute(query)).scalars().all()
    # One parse of all is several times faster than one parse each.
    return msgspec.json.decode(f"[{','.join(texts)}]", type=list[kind])  # type: ignore[valid-type]
