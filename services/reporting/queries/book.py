"""The histories that KPIs are computed from, read whole and at once."""

from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from services.reporting.domain.cases import Book
from services.reporting.domain.histories import DiscoveryHistory, ReviewHistory, SystemHistory
from services.reporting.queries.reading import Scope

Stamp = tuple[tuple[str, int, int], ...]
H = TypeVar("H", SystemHistory, ReviewHistory, DiscoveryHistory)


class Library:
    """Keeps the book of everything open between questions, for as long as no fact arrives that could change it."""

    def __init__(self) -> None:
        self._open: tuple[Stamp, Book] | None = None

    async def book(self, connection: AsyncConnection, scope: Scope) -> Book:
        """Every history that may be seen, as the connection shows them."""
        if not scope.reach.everything:
            return await _read(connection, scope)
        stamp = await _stamp(connection)
        if self._open is None or self._open[0] != stamp:
            self._open = (stamp, await _read(connection, scope))
        return self._open[1]


async def _stamp(connection: AsyncConnection) -> Stamp:
    """How many facts of each partition are in: histories are a function of that."""
    columns = tables.progress.c
    query = select(columns.service, columns.partition, columns.facts).where(columns.service.in_(("intake", "review")))
    order = (columns.service, columns.partition)
    return tuple((row.service, row.partition, row.facts) for row in await connection.execute(query.order_by(*order)))


async def _read(connection: AsyncConnection, scope: Scope) -> Book:
    return Book(
        await _histories(connection, tables.system, scope.of_systems, SystemHistory),
        await _histories(connection, tables.review, scope.of_reviews, ReviewHistory),
        await _histories(connection, tables.discovery, scope.of_discoveries, DiscoveryHistory),
        None if scope.reach.everything else await _reviewed(connection, scope),
    )


async def _reviewed(connection: AsyncConnection, scope: Scope) -> list[SystemHistory]:
    """The systems of the reviews that may be seen: a system may belong elsewhere by now."""
    theirs = select(tables.review.c.system_id).where(scope.of_reviews)
    return await _histories(connection, tables.system, tables.system.c.system_id.in_(theirs), SystemHistory)


async def _histories(connection: AsyncConnection, table: Table, seen: ColumnElement[bool], kind: type[H]) -> list[H]:
    key = next(iter(table.primary_key.columns))
    query = select(table.c.history).where(seen).order_by(key)
    texts = (await connection.execute(query)).scalars().all()
    # One parse of all is several times faster than one parse each.
    return msgspec.json.decode(f"[{','.join(texts)}]", type=list[kind])  # type: ignore[valid-type]
