"""The cases of a KPI, from the tables. What is settled by the date asked about is added up by the database.

Only what was under way then is read as histories and put to the definition itself. A question about what was known
then is put to every history, because what is settled does not tell when it was learned.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from services.reporting.domain.cases import Book, Case, Question
from services.reporting.domain.coverage import coverage, high_risk_coverage
from services.reporting.domain.kpis import Definition, Segment
from services.reporting.domain.reviews import sla_attainment, time_to_decision
from services.reporting.queries.book import (
    all_histories,
    discoveries,
    gating,
    histories_for,
    reviewed,
    reviews,
    systems,
)
from services.reporting.queries.reading import Scope

_DAY_SECONDS: Final = 86_400
_SYSTEM, _REVIEW, _DISCOVERY = tables.system.c, tables.review.c, tables.discovery.c


async def summed(
    connection: AsyncConnection, scope: Scope, definition: Definition, question: Question, segment: Segment
) -> list[Case]:
    """Cases that add up to the KPI, by tier and by product area; those that are alike may be one."""
    if question.cut.known_at is not None:
        return await each(connection, scope, definition, question, segment)
    return segment.of(await _SUMMED[definition.id](connection, scope, question))


async def each(
    connection: AsyncConnection, scope: Scope, definition: Definition, question: Question, segment: Segment
) -> list[Case]:
    """Every single case, with the facts behind it."""
    if question.cut.known_at is None:
        book = await histories_for(connection, scope, question.cut)
    else:
        book = await all_histories(connection, scope)
    return await asyncio.to_thread(lambda: segment.of(definition.cases(book, question)))


async def _coverage(connection: AsyncConnection, scope: Scope, question: Question) -> list[Case]:
    then = question.cut.true_at
    settled = and_(_SYSTEM.registered_at <= then, _SYSTEM.settled_at <= then)
    keys = (_SYSTEM.counted_tier, _SYSTEM.counted_area)
    query = select(*keys, _count(_SYSTEM.covered), func.count()).where(scope.of_systems, settled, _SYSTEM.counted)
    found = [
        _alike(tier, area, (covered, counted))
        for tier, area, covered, counted in await connection.execute(query.group_by(*keys))
    ]
    # What no longer counts itself may have been taken back, and its discovery may count again instead.
    answering = and_(~_SYSTEM.counted, _SYSTEM.ever_taken_back, _SYSTEM.system_id.in_(select(_DISCOVERY.system_id)))
    moving = or_(_SYSTEM.settled_at.is_(None), _SYSTEM.settled_at > then, answering)
    reopened = exists().where(_SYSTEM.system_id == _DISCOVERY.system_id, _SYSTEM.ever_taken_back)
    open_then = and_(_DISCOVERY.found_at <= then, or_(_after(_DISCOVERY.settled_at, question), reopened))
    book = Book(
        await systems(connection, scope, and_(_SYSTEM.registered_at <= then, moving)),
        [],
        await discoveries(connection, scope, open_then),
    )
    return [*found, *coverage(book, question)]


async def _high_risk_coverage(connection: AsyncConnection, scope: Scope, question: Question) -> list[Case]:
    live = and_(_SYSTEM.ever_high_risk, _SYSTEM.launched_at.is_not(None), _SYSTEM.registered_at <= question.cut.true_at)
    approving = and_(
        _REVIEW.opened_at <= question.cut.true_at, _REVIEW.high_risk, _REVIEW.ended_at <= question.cut.true_at
    )
    return list(
        high_risk_coverage(
            Book(await systems(connection, scope, live), await gating(connection, scope, approving), []), question
        )
    )


async def _sla_attainment(connection: AsyncConnection, scope: Scope, question: Question) -> list[Case]:
    then, keys = question.cut.true_at, (_REVIEW.tier, _REVIEW.product_area)
    ended = and_(_REVIEW.opened_at <= then, _in(_REVIEW.ended_at, question))
    query = select(*keys, _count(_REVIEW.within), func.count()).where(scope.of_reviews, ended)
    found = [
        _alike(tier, area, (within, decided))
        for tier, area, within, decided in await connection.execute(query.group_by(*keys))
    ]
    open_then = and_(
        _REVIEW.opened_at <= then, _after(_REVIEW.ended_at, question), _after(_REVIEW.withdrawn_at, question)
    )
    return [*found, *sla_attainment(Book([], await reviews(connection, scope, open_then), []), question)]


async def _time_to_decision(connection: AsyncConnection, scope: Scope, question: Question) -> list[Case]:
    ended = and_(_REVIEW.opened_at <= question.cut.true_at, _in(_REVIEW.ended_at, question))
    asked_for_answers = _REVIEW.system_id.in_(select(_SYSTEM.system_id).where(_SYSTEM.sent_back))
    columns = (_REVIEW.tier, _REVIEW.product_area, _REVIEW.gross_microseconds, _REVIEW.submitter_seconds)
    rows = await connection.execute(select(*columns).where(scope.of_reviews, ended, ~asked_for_answers))
    found = [
        _case(tier, area, (gross / 1e6 / _DAY_SECONDS, 1.0), ((gross / 1e6 - theirs) / _DAY_SECONDS, 1.0))
        for tier, area, gross, theirs in rows
    ]
    others = await reviews(connection, scope, ended & asked_for_answers)
    if others:
        book = Book([], others, [], await reviewed(connection, scope))
        found.extend(time_to_decision(book, question))
    return found


async def _evidence_completeness(connection: AsyncConnection, scope: Scope, question: Question) -> list[Case]:
    scored = and_(_REVIEW.opened_at <= question.cut.true_at, _in(_REVIEW.scored_at, question))
    keys = (_REVIEW.tier, _REVIEW.product_area)
    query = select(*keys, func.sum(_REVIEW.complete), func.sum(_REVIEW.required)).where(scope.of_reviews, scored)
    rows = await connection.execute(query.group_by(*keys))
    return [_alike(tier, area, (complete, required)) for tier, area, complete, required in rows]


_SUMMED: Final[Mapping[str, Callable[[AsyncConnection, Scope, Question], Awaitable[list[Case]]]]] = {
    "coverage": _coverage,
    "high-risk-coverage": _high_risk_coverage,
    "review-sla": _sla_attainment,
    "time-to-decision": _time_to_decision,
    "evidence-completeness": _evidence_completeness,
}


def _in(column: ColumnElement[Any], question: Question) -> ColumnElement[bool]:
    """Whether what the column dates belongs into the answer, as `Question.asks_about`."""
    period = question.period
    seen = column <= question.cut.true_at
    return seen if period is None else and_(seen, column >= period.start, column < period.end)


def _after(column: ColumnElement[Any], question: Question) -> ColumnElement[bool]:
    return or_(column.is_(None), column > question.cut.true_at)


def _count(flag: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((flag, 1), else_=0))


def _alike(tier: str, area: str | None, share: tuple[int, int]) -> Case:
    both = (float(share[0]), float(share[1]))
    return _case(tier, area, both, both)


def _case(tier: str, area: str | None, share: tuple[float, float], beside: tuple[float, float]) -> Case:
    return Case("", None, tier, area, *share, beside)
