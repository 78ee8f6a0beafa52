"""The pages behind the overview: one KPI with its facts, the portfolio, and the audit trail."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from services.reporting.api.answers import BehindOut, FactOut, kpis_out
from services.reporting.api.asked import Facet, definition_of, period_in
from services.reporting.api.standing import verification_out
from services.reporting.consumer import SERVICES
from services.reporting.page.charts import CHART
from services.reporting.page.overview import (
    COLUMNS,
    foot_words,
    in_order,
    points_of,
    stand_words,
    tier_order,
    trend_of,
)
from services.reporting.page.rendering import link
from services.reporting.page.visiting import Asked, Visit
from services.reporting.queries import portfolio, trail, trust
from services.reporting.queries.ground import Reporting
from services.reporting.queries.kpis import behind, report
from services.reporting.queries.reading import chunks
from services.reporting.queries.standing import stands
from services.reporting.queries.trail import Sought
from shared.events.catalogue import CATALOGUE
from shared.refusals import Refused
from shared.runtime.cursors import Page, page_of

ROWS: Final = "25"


async def kpi_page(reporting: Reporting, visit: Visit, kpi: str) -> dict[str, Any]:
    """One KPI: its number, definition, months, segments, and the facts behind it."""
    definition, asked = definition_of(kpi), Asked.of(visit.request)
    asking = asked.asking(visit.now)
    page = _page(visit, f"/kpis/{kpi}", asked.params)
    async with reporting.views.reading() as connection:
        found = await report(connection, visit.scope, asking, reporting.bundle.kpis)
        points = await points_of(reporting, connection, visit, kpi, asking)
        cases, following = await behind(connection, visit.scope, definition, asking, page)
        names = await _names(connection, [one.case.system_id or one.case.subject for one in cases])
        areas = await portfolio.product_areas(connection, visit.scope)
        missing = await reporting.views.missing(connection)
        frame = await _frame(reporting, visit, connection)
    order = tier_order(reporting)
    kpis = in_order(kpis_out(found, asking, missing, example=reporting.example), order)
    shown = next(one for one in kpis.items if one.id == kpi)
    return frame | {
        "asked": asked,
        "kpi": shown,
        "points": points,
        "trend": trend_of(shown, points, CHART),
        "cases": [BehindOut.of(one) for one in cases],
        "following": following,
        "names": names,
        "areas": areas,
        "tier_names": [*order],
        "stand_words": stand_words(asking.as_of, found.stands, missing),
        "foot_words": foot_words(found.positions),
    }


async def portfolio_page(reporting: Reporting, visit: Visit) -> dict[str, Any]:
    """AI systems in a list."""
    tier, show = visit.param("tier"), visit.param("show")
    if show is not None and show not in get_args(Facet):
        raise Refused("invalid-query", f"show is one of {', '.join(get_args(Facet))}")
    page = _page(visit, "/portfolio", {"tier": tier, "show": show})
    async with reporting.views.reading() as connection:
        systems, following = await portfolio.systems(connection, visit.scope, page, tier=tier, show=show)
        frame = await _frame(reporting, visit, connection, "/portfolio", (one.owner for one in systems))
    return frame | {
        "systems": systems,
        "following": following,
        "tier": tier,
        "show": show,
        "columns": COLUMNS,
        "tier_names": [*tier_order(reporting)],
    }


async def trail_page(reporting: Reporting, visit: Visit) -> dict[str, Any]:
    """The audit trail."""
    sought = {name: visit.param(name) for name in ("system", "person", "kind", "period")}
    wanted = Sought(
        system=sought["system"],
        person=sought["person"],
        kind=sought["kind"],
        period=period_in(sought["period"]),
    )
    async with reporting.views.reading() as connection:
        entries, following = await trail.entries(connection, visit.scope, wanted, _page(visit, "/trail", sought))
        names = await _names(connection, [one.system_id for one in entries if one.system_id])
        people = [one for entry in entries for one in (entry.actor, entry.on_behalf_of)]
        frame = await _frame(reporting, visit, connection, "/trail", people)
    return frame | {
        "entries": [FactOut.of(one) for one in entries],
        "following": following,
        "sought": sought,
        "names": names,
        "system_name": names.get(sought["system"] or ""),
        "kinds": sorted(CATALOGUE),
    }


async def _frame(
    reporting: Reporting,
    visit: Visit,
    connection: AsyncConnection,
    here: str = "",
    people: Iterable[str | None] = (),
) -> dict[str, Any]:
    """What all these pages show besides."""
    stood, set_aside = await stands(connection), await reporting.views.missing(connection)
    logs = verification_out(await trust.logs(connection, SERVICES))
    person = await visit.who_is_who(people)
    return visit.context(here, person, example=reporting.example) | {
        "logs": logs,
        "stand_words": stand_words(visit.now, stood, set_aside),
        "foot_words": foot_words({one.service: one.position for one in stood}),
    }


def _page(visit: Visit, path: str, params: Mapping[str, str | None]) -> Page:
    """The page of a list, bound to the address that `link` makes of the same parameters."""
    query = link("", **params).removeprefix("?")
    return page_of(path, query, ROWS, visit.param("cursor"))


async def _names(connection: AsyncConnection, subjects: Iterable[str]) -> Mapping[str, str]:
    """The names of AI systems, registered or only discovered."""
    found: dict[str, str] = {}
    for part in chunks(sorted(set(subjects))):
        for table, key in ((tables.system, "system_id"), (tables.discovery, "discovery_id")):
            query = select(table.c[key], table.c.name).where(table.c[key].in_(part), table.c.name.is_not(None))
            found.update((row[0], row[1]) for row in await connection.execute(query))
    return found
