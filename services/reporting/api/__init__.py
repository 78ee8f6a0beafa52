"""HTTP to reporting: the audit trail, the KPIs and their facts, the portfolio, and how far the logs were verified."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from services.reporting.api.answers import BehindOut, BehindPage, FactOut, FactsOut, KpisOut, TrendOut, kpis_out, point
from services.reporting.api.asked import (
    PLAIN,
    Area,
    AsOf,
    InPeriod,
    Show,
    Tier,
    Time,
    asking,
    definition_of,
    period_in,
    scope_of,
)
from services.reporting.api.standing import (
    ClocksOut,
    NoticesOut,
    PortfolioOut,
    VerificationOut,
    clocks_out,
    notices_out,
    portfolio_out,
    verification_out,
)
from services.reporting.consumer import SERVICES
from services.reporting.queries import portfolio, trail, trust
from services.reporting.queries.clocks import clocks as running_clocks
from services.reporting.queries.ground import Reporting
from services.reporting.queries.kpis import behind, report
from services.reporting.queries.trail import Sought
from shared.runtime.asking import Paging, Signed
from shared.runtime.routing import json_router

LONGEST_TREND: Final = 60


def router(reporting: Reporting) -> APIRouter:
    """The endpoints of reporting under `/reporting/v1`."""
    routes = json_router("/reporting/v1", "reporting")
    _trail(routes, reporting)
    _kpis(routes, reporting)
    _present(routes, reporting)
    return routes


def _trail(routes: APIRouter, reporting: Reporting) -> None:
    @routes.get("/audit", summary="The audit trail, newest first")
    async def audit(
        who: Signed,
        page: Paging,
        system: Annotated[str | None, Query(pattern=PLAIN, description="An AI system's id.")] = None,
        person: Annotated[
            str | None, Query(pattern=PLAIN, description="Who acted, was acted for, or is named: an opaque id.")
        ] = None,
        kind: Annotated[
            str | None, Query(pattern=PLAIN, description="A fact's wire name, as `gatehouse.intake.submitted.v1`.")
        ] = None,
        period: InPeriod = None,
    ) -> FactsOut:
        sought = Sought(system=system, person=person, kind=kind, period=period_in(period))
        async with reporting.views.reading() as connection:
            found, following = await trail.entries(connection, scope_of(who), sought, page)
        return FactsOut(items=tuple(FactOut.of(entry) for entry in found), next=following)


def _kpis(routes: APIRouter, reporting: Reporting) -> None:
    @routes.get("/kpis", summary="The KPIs as of any date, in either time")
    async def kpis(
        who: Signed,
        as_of: AsOf = None,
        sight: Time = "true",
        tier: Tier = None,
        product_area: Area = None,
        period: InPeriod = None,
    ) -> KpisOut:
        asked = asking(reporting.clock(), as_of, sight, tier, product_area, period)
        async with reporting.views.reading() as connection:
            found = await report(connection, scope_of(who), asked, reporting.bundle.kpis)
            missing = await reporting.views.missing(connection)
        return kpis_out(found, asked, missing, example=reporting.example)

    @routes.get("/kpis/{kpi}/facts", summary="The facts behind a KPI's number")
    async def facts(
        kpi: str,
        who: Signed,
        page: Paging,
        as_of: AsOf = None,
        sight: Time = "true",
        tier: Tier = None,
        product_area: Area = None,
        period: InPeriod = None,
    ) -> BehindPage:
        definition = definition_of(kpi)
        asked = asking(reporting.clock(), as_of, sight, tier, product_area, period)
        async with reporting.views.reading() as connection:
            found, following = await behind(connection, scope_of(who), definition, asked, page)
        items = tuple(BehindOut.of(one) for one in found)
        return BehindPage(kpi=kpi, definition_version=definition.version, items=items, next=following)

    @routes.get("/kpis/{kpi}/trend", summary="A KPI month by month")
    async def trend(
        kpi: str,
        who: Signed,
        as_of: AsOf = None,
        sight: Time = "true",
        tier: Tier = None,
        product_area: Area = None,
        months: Annotated[int, Query(ge=1, le=LONGEST_TREND)] = 12,
    ) -> TrendOut:
        definition = definition_of(kpi)
        asked = asking(reporting.clock(), as_of, sight, tier, product_area, None)
        async with reporting.views.reading() as connection:
            found = await reporting.months.trend(connection, scope_of(who), definition, asked, months)
        items = tuple(point(period.name, figure, definition) for period, figure in found)
        return TrendOut(kpi=kpi, definition_version=definition.version, items=items)


def _present(routes: APIRouter, reporting: Reporting) -> None:
    most = Query(ge=1, le=500, description="How many at most.")

    @routes.get("/portfolio", summary="Active systems by tier, and all systems")
    async def systems(
        who: Signed,
        page: Paging,
        tier: Tier = None,
        show: Show = None,
    ) -> PortfolioOut:
        scope = scope_of(who)
        async with reporting.views.reading() as connection:
            counted = await portfolio.tiers(connection, scope)
            found, following = await portfolio.systems(connection, scope, page, tier=tier, show=show)
        return portfolio_out(counted, found, following, example=reporting.example)

    @routes.get("/clocks", summary="Running clocks, the next to fall due first, and who holds them")
    async def clocks(who: Signed, limit: Annotated[int, most] = 50) -> ClocksOut:
        now = reporting.clock()
        async with reporting.views.reading() as connection:
            found, running = await running_clocks(connection, scope_of(who), now, limit)
        return clocks_out(found, running, now)

    @routes.get("/notices", summary="The newest reminders and escalations, and their addressees")
    async def notices(who: Signed, limit: Annotated[int, most] = 50) -> NoticesOut:
        async with reporting.views.reading() as connection:
            return notices_out(await portfolio.notices(connection, scope_of(who), limit))

    @routes.get("/verification", summary="The logs' heads, and when they were last verified")
    async def verification(who: Signed) -> VerificationOut:
        async with reporting.views.reading() as connection:
            return verification_out(await trust.logs(connection, SERVICES))
