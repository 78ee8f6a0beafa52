"""The histories that KPIs are computed from, read for one request and let go."""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from services.reporting.domain.cases import Book
from services.reporting.domain.cut import Cut
from services.reporting.domain.histories import DiscoveryHistory, ReviewHistory, SystemHistory
from services.reporting.queries.reading import Scope

H = TypeVar("H", SystemHistory, ReviewHistory, DiscoveryHistory)


_TOGETHER: Final = 200
"""Histories parsed in one go: fewer take several times longer each, more keep every other request waiting."""
_read_whole: WeakKeyDictionary[AsyncConnection, dict[Scope, Book]] = WeakKeyDictionary()


async def histories_for(connection: AsyncConnection, scope: Scope, cut: Cut) -> Book:
    """Every history that may be seen and began by then: what began later is no case of any KPI."""
    return await _book(
        connection,
        scope,
        tables.system.c.registered_at <= cut.true_at,
        tables.review.c.opened_at <= cut.true_at,
        tables.discovery.c.found_at <= cut.true_at,
    )


async def all_histories(connection: AsyncConnection, scope: Scope) -> Book:
    """Every history that may be seen: read once for a connection, which sees one state as long as it lives.

    A request that asks in terms of what was known asks for every KPI and month anew, and of the same histories.
    """
    read = _read_whole.setdefault(connection, {})
    if scope not in read:
        begun = (tables.system.c.registered_at, tables.review.c.opened_at, tables.discovery.c.found_at)
        read[scope] = await _book(connection, scope, *(column.is_not(None) for column in begun))
    return read[scope]


async def _book(
    connection: AsyncConnection,
    scope: Scope,
    registered: ColumnElement[bool],
    opened: ColumnElement[bool],
    found: ColumnElement[bool],
) -> Book:
    return Book(
        await systems(connection, scope, registered),
        await reviews(connection, scope, opened),
        await discoveries(connection, scope, found),
        await reviewed(connection, scope),
        None if scope.reach.everything else await gating(connection, scope, opened),
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
    # Sorted here: asked for this order, SQLite walks along the key through every row, instead of an index that leads to
    # those that are wanted.
    rows = sorted((row[0], row[1]) for row in await connection.execute(select(key, table.c.history).where(wanted)))
    return await decoded([history for _, history in rows], kind)


async def decoded(texts: Sequence[str], kind: type[H]) -> list[H]:
    """Histories from their texts; many are parsed in a thread, so that other requests have their turns between."""
    return _decoded(texts, kind) if len(texts) <= _TOGETHER else await asyncio.to_thread(_decoded, texts, kind)


def _decoded(texts: Sequence[str], kind: type[H]) -> list[H]:
    found: list[H] = []
    for start in range(0, len(texts), _TOGETHER):
        # One parse of many is several times faster than one parse each.
        together = f"[{','.join(texts[start : start + _TOGETHER])}]"
        found += msgspec.json.decode(together, type=list[kind])  # type: ignore[valid-type]
    return found
