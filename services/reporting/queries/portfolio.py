"""The portfolio as it stands: systems by tier, what waits for triage, and the notices that were sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, case, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from services.reporting.domain.cases import NO_TIER
from services.reporting.queries.reading import Scope
from shared.runtime.cursors import Page

_SYSTEM = tables.system.c
_REVIEW = tables.review.c
OPEN_REVIEW = ("gathering", "in_review", "changes_requested")


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCount:
    """How many active systems a tier has, and how they stand. `unreviewed` are live without a known approval.

    `before` are live since before Gatehouse.
    """

    tier: str
    systems: int
    confirmed: int
    waiting: int
    in_review: int
    live: int
    unreviewed: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLine:
    """An AI system in a list."""

    system_id: str
    name: str | None
    owner: str | None
    business_unit: str | None
    product_area: str | None
    tier: str
    tier_state: str | None
    proposed_tier: str | None
    status: str
    registered_at: datetime | None
    launched_at: datetime | None
    triage_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """A reminder or an escalation and whom it was addressed to."""

    at: datetime
    kind: str
    system_id: str
    name: str | None
    clock: str | None
    percent: int | None
    addressee: str
    reason: str | None
    service: str
    position: int


async def tiers(connection: AsyncConnection, scope: Scope) -> Sequence[TierCount]:
    """Active systems by tier: for each facet, as many as `systems` shows for it."""
    tier = _tier().label("tier")
    counts = [func.sum(case((facet(name), 1), else_=0)).label(name) for name in FACETS]
    query = select(tier, *counts).where(facet("systems"), scope.of_systems).group_by(tier)
    return [TierCount(**row) for row in (await connection.execute(query)).mappings()]


async def systems(
    connection: AsyncConnection, scope: Scope, page: Page, *, tier: str | None = None, show: str | None = None
) -> tuple[Sequence[SystemLine], str | None]:
    """A page of the portfolio in the order of names, and the cursor of the next; `show` is a facet, None is all.

    Raises `KeyError` for a facet that there is not.
    """
    name = func.coalesce(_SYSTEM.name, "")
    query = _lines().where(scope.of_systems).order_by(name, _SYSTEM.system_id)
    if tier is not None:
        query = query.where(_tier() == tier)
    if show is not None:
        query = query.where(facet(show))
    if (last := page.last(str, str)) is not None:
        query = query.where(tuple_(name, _SYSTEM.system_id) > last)
    found = [SystemLine(**row) for row in (await connection.execute(query.limit(page.limit + 1))).mappings()]
    shown = found[: page.limit]
    more = len(found) > page.limit
    return shown, page.next((shown[-1].name or "", shown[-1].system_id)) if more else None


async def product_areas(connection: AsyncConnection, scope: Scope) -> Sequence[str]:
    """The product areas that the reader may see, in order."""
    area = _SYSTEM.product_area
    query = select(area).where(scope.of_systems, area.is_not(None)).distinct().order_by(area)
    return list((await connection.execute(query)).scalars())


async def waiting(connection: AsyncConnection, scope: Scope, limit: int) -> tuple[Sequence[SystemLine], int]:
    """What waits for a person to confirm its tier, the most urgent first, and how many there are."""
    queued = and_(facet("waiting"), scope.of_systems)
    total = (await connection.execute(select(func.count()).select_from(tables.system).where(queued))).scalar_one()
    query = _lines().where(queued)
    query = query.order_by(_SYSTEM.triage_due_at.is_(None), _SYSTEM.triage_due_at, _SYSTEM.system_id)
    return [SystemLine(**row) for row in (await connection.execute(query.limit(limit))).mappings()], int(total)


async def notices(connection: AsyncConnection, scope: Scope, limit: int) -> Sequence[NoticeLine]:
    """The newest reminders and escalations."""
    sent = tables.notice.c
    query = (
        select(
            sent.at,
            sent.kind,
            sent.system_id,
            _SYSTEM.name,
            sent.clock,
            sent.percent,
            sent.addressee,
            sent.reason,
            sent.service,
            sent.position,
        )
        .select_from(tables.notice.join(tables.system, _SYSTEM.system_id == sent.system_id))
        .where(scope.of_systems)
        .order_by(sent.at.desc(), sent.service, sent.position.desc())
        .limit(limit)
    )
    return [NoticeLine(**row) for row in (await connection.execute(query)).mappings()]


def facet(name: str) -> ColumnElement[bool]:
    """The condition under which a system belongs to a facet of `FACETS`; raises `KeyError`."""
    return and_(active(), FACETS[name])


def active() -> ColumnElement[bool]:
    """Whether a system is in the portfolio now: not retired, not merged, not taken back before it ever went live."""
    taken_back = and_(_SYSTEM.withdrawn, _SYSTEM.launched_at.is_(None))
    return and_(_SYSTEM.retired_at.is_(None), _SYSTEM.merged_into.is_(None), ~taken_back)


def _live() -> ColumnElement[bool]:
    return _SYSTEM.launched_at.is_not(None)


def _in_review() -> Select[tuple[str]]:
    return select(_REVIEW.system_id).where(_REVIEW.state.in_(OPEN_REVIEW))


FACETS: Final[Mapping[str, ColumnElement[bool]]] = {
    "systems": true(),
    "confirmed": _SYSTEM.tier_state == "confirmed",
    "waiting": _SYSTEM.triage == "waiting",
    "in_review": _SYSTEM.system_id.in_(_in_review()),
    "live": _live(),
    "unreviewed": and_(_live(), _SYSTEM.launch_reviewed.is_(False), ~_SYSTEM.launch_imported),
    "before": and_(_live(), _SYSTEM.launch_imported),
}
"""The columns of the portfolio's table: how active systems are counted, and how they are listed."""


def _tier() -> ColumnElement[str]:
    return func.coalesce(_SYSTEM.tier, NO_TIER)


def _ended(*states: str) -> Select[tuple[str]]:
    return select(_REVIEW.system_id).where(_REVIEW.state.in_(states), _REVIEW.round == _SYSTEM.round)


def _status() -> ColumnElement[str]:
    return case(
        (_SYSTEM.merged_into.is_not(None), "merged"),
        (_SYSTEM.retired_at.is_not(None), "retired"),
        (and_(_live(), _SYSTEM.launch_imported), "live since before Gatehouse"),
        (and_(_live(), _SYSTEM.launch_reviewed.is_(False)), "launched unreviewed"),
        (_live(), "live"),
        (_SYSTEM.withdrawn, "withdrawn"),
        (_SYSTEM.triage == "returned", "answers asked for"),
        (_SYSTEM.triage == "waiting", "in triage"),
        (_SYSTEM.system_id.in_(_in_review()), "in review"),
        (_SYSTEM.system_id.in_(_ended("approved", "approved_with_conditions")), "approved"),
        (_SYSTEM.system_id.in_(_ended("rejected")), "rejected"),
        (_SYSTEM.tier.is_not(None), "tier confirmed"),
        else_="registered",
    ).label("status")


def _lines() -> Select[tuple[object, ...]]:
    return select(
        _SYSTEM.system_id,
        _SYSTEM.name,
        _SYSTEM.owner,
        _SYSTEM.business_unit,
        _SYSTEM.product_area,
        _tier().label("tier"),
        _SYSTEM.tier_state,
        _SYSTEM.proposed_tier,
        _status(),
        _SYSTEM.registered_at,
        _SYSTEM.launched_at,
        _SYSTEM.triage_due_at,
    )
