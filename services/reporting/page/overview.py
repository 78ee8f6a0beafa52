"""The overview: the whole programme on one page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.api.answers import FigureOut, KpiOut, KpisOut, PointOut, kpis_out, point
from services.reporting.api.standing import clocks_out, notices_out, verification_out
from services.reporting.consumer import SERVICES
from services.reporting.domain.kpis import DEFINITIONS
from services.reporting.page import words
from services.reporting.page.charts import SPARK, Frame, Plot, plot
from services.reporting.page.visiting import Asked, Visit
from services.reporting.queries import portfolio, trust
from services.reporting.queries.clocks import clocks as running_clocks
from services.reporting.queries.ground import Reporting
from services.reporting.queries.kpis import Asking, report
from services.reporting.queries.standing import Stand

MONTHS: Final = 12
SHOWN: Final = 7
COLUMNS: Final = (
    ("systems", "Active"),
    ("confirmed", "Tier confirmed"),
    ("waiting", "In triage"),
    ("in_review", "In review"),
    ("live", "Live"),
    ("unreviewed", "Launched unreviewed"),
    ("before", "Before Gatehouse"),
)


@dataclass(frozen=True, slots=True)
class Trend:
    """A drawn trend and the same in words."""

    plot: Plot
    words: str


async def overview(reporting: Reporting, visit: Visit) -> dict[str, Any]:
    """What the overview shows."""
    asked = Asked.of(visit.request)
    asking = asked.asking(visit.now)
    async with reporting.views.reading() as connection:
        counts = await portfolio.tiers(connection, visit.scope)
        areas = await portfolio.product_areas(connection, visit.scope)
        found = await report(connection, visit.scope, asking, reporting.bundle.kpis)
        missing = await reporting.views.missing(connection)
        waiting, waiting_total = await portfolio.waiting(connection, visit.scope, SHOWN)
        clocks, running = await running_clocks(connection, visit.scope, visit.now, SHOWN)
        notices = await portfolio.notices(connection, visit.scope, SHOWN)
        logs = verification_out(await trust.logs(connection, SERVICES))
        points = {kpi: await points_of(reporting, connection, visit, kpi, asking) for kpi in DEFINITIONS}
    kpis = kpis_out(found, asking, missing, example=reporting.example)
    person = await visit.who_is_who(
        [*(one for clock in clocks for one in clock.people), *(one.addressee for one in notices)]
    )
    order = tier_order(reporting)
    rows = sorted((asdict(one) for one in counts), key=lambda row: order.get(row["tier"], len(order)))
    return visit.context("/", person, example=reporting.example) | {
        "asked": asked,
        "kpis": in_order(kpis, order),
        "trends": {kpi.id: trend_of(kpi, points[kpi.id], SPARK) for kpi in kpis.items},
        "months": MONTHS,
        "columns": COLUMNS,
        "tiers": rows,
        "tier_names": [*order],
        "tier_parts": _parts(rows),
        "tier_summary": ", ".join(f"{row['systems']} {row['tier']}" for row in rows),
        "areas": areas,
        "waiting": waiting,
        "waiting_total": waiting_total,
        "clocks": clocks_out(clocks, running, visit.now),
        "held_by": lambda clock: words.held_by(clock.holder, clock.people, person),
        "notices": notices_out(notices),
        "logs": logs,
        "stand_words": stand_words(asking.as_of, found.stands, missing),
        "foot_words": foot_words(found.positions),
    }


def tier_order(reporting: Reporting) -> Mapping[str, int]:
    """The place of each tier in the policy's order of risk, with what has none at the end."""
    names = [*(tier.id for tier in reporting.bundle.tiers.tiers), "none"]
    return {name: place for place, name in enumerate(names)}


def in_order(kpis: KpisOut, order: Mapping[str, int]) -> KpisOut:
    """The same with the tiers in the order of risk."""

    def sort(kpi: KpiOut) -> KpiOut:
        tiers = sorted(kpi.by_tier, key=lambda one: order.get(one.tier or "none", len(order)))
        return kpi.model_copy(update={"by_tier": tuple(tiers)})

    return kpis.model_copy(update={"items": tuple(sort(kpi) for kpi in kpis.items)})


def trend_of(kpi: KpiOut, points: Sequence[PointOut], frame: Frame) -> Trend:
    """The drawing of a KPI's months, with its second number in a large frame."""
    series = [[one.value for one in points]]
    if kpi.beside is not None and frame is not SPARK:
        series.append([one.beside.value if one.beside else None for one in points])
    share = kpi.unit == "share"
    return Trend(plot(frame, series, share=share, goal=_goal(kpi, share=share)), _told(kpi, points))


async def points_of(
    reporting: Reporting, connection: AsyncConnection, visit: Visit, kpi: str, asking: Asking
) -> Sequence[PointOut]:
    """A KPI month by month."""
    definition = DEFINITIONS[kpi]
    found = await reporting.months.trend(connection, visit.scope, definition, asking, MONTHS)
    return [point(period.name, figure, definition) for period, figure in found]


def stand_words(as_of: datetime, stood: Sequence[Stand], set_aside: int) -> str:
    """As of when, from how many facts, and how many of them are missing."""
    missing = max(sum(one.missing for one in stood), set_aside)
    lack = f"{missing:,} missing" if missing else "none missing"
    return f"As of {words.moment(as_of)}, from {sum(one.facts for one in stood):,} facts, {lack}."


def foot_words(positions: Mapping[str, int]) -> str:
    """The positions up to which facts were counted."""
    counted = ", ".join(f"{service} {position:,}" for service, position in positions.items() if position >= 0)
    return f"Counted to positions: {counted}." if counted else "Nothing is on record yet."


def _goal(figure: FigureOut, *, share: bool) -> float | None:
    goals = [one for one in figure.goals if one.stage == "target"]
    bound = (goals[0].at_least if goals[0].at_least is not None else goals[0].below) if goals else None
    return None if bound is None else bound / 100 if share else float(bound)


def _told(kpi: KpiOut, points: Sequence[PointOut]) -> str:
    known = [one for one in points if one.value is not None]
    if not known:
        return f"{kpi.name}: no data in the last {len(points)} months"
    first, last = known[0], known[-1]
    return (
        f"{kpi.name}: {words.value_in(kpi.unit, first.value)} in {words.month(first.period)}, "
        f"{words.value_in(kpi.unit, last.value)} in {words.month(last.period)}"
    )


def _parts(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    whole, x, parts = sum(row["systems"] for row in rows), 0.0, []
    for row in rows:
        width = 1000 * row["systems"] / whole
        parts.append({"tier": row["tier"], "x": round(x, 2), "width": round(max(width - 2, 1), 2)})
        x += width
    return parts
