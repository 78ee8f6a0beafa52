"""What came of a play, in numbers: the portfolio and the KPIs as reporting tells them, the clocks as the facts do."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from services.example.play import Play
from services.process import Process
from services.reporting import tables
from services.reporting.api.answers import KpiOut, kpis_out
from services.reporting.queries import portfolio
from services.reporting.queries.kpis import Asking, report
from services.reporting.queries.portfolio import SystemLine
from services.reporting.queries.reading import EVERYTHING
from shared.events.intake import LaunchEscalated, TriageBreached, TriageEscalated, TriageReminded
from shared.events.review import ClockBreached, ClockPaused, ClockReminded, ClockStopped, ReviewEscalated
from shared.log.views import Views
from shared.runtime.cursors import Page
from shared.store.port import EventStore

_BATCH: Final = 2_000
_OPEN: Final = frozenset({"gathering", "in_review", "changes_requested"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """What clocks did: stopped in time or after their end, ran out, stood still, reminded, escalated."""

    met: int
    missed: int
    breached: int
    paused: int
    reminders: int
    escalations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The numbers. `systems` by tier and by where they stand, `reviews` by how they ended, or open."""

    events: int
    systems: int
    tiers: dict[str, int]
    stands: dict[str, int]
    reviews: dict[str, int]
    clocks: Clocks
    kpis: tuple[KpiOut, ...]


async def summary(play: Play, process: Process) -> Summary:
    """The numbers as of the play's end."""
    services = {service.name: service for service in process.services}
    views: Views = services["reporting"].views
    lines, reviews, kpis = await _reported(play, process, views)
    heads = [await service.store.head() for service in process.services]
    return Summary(
        events=sum(head.next_position for head in heads),
        systems=len(lines),
        tiers=_counted([line.tier for line in lines]),
        stands=_counted([line.status for line in lines]),
        reviews=reviews,
        clocks=await _clocks(services["intake"].store, services["review"].store),
        kpis=kpis,
    )


async def _reported(
    play: Play, process: Process, views: Views
) -> tuple[list[SystemLine], dict[str, int], tuple[KpiOut, ...]]:
    states, asking = tables.review.c.state, Asking(as_of=play.end)
    everything = Page(limit=len(play.script.systems), after=None, query="")
    async with views.reading() as connection:
        lines, _ = await portfolio.systems(connection, EVERYTHING, everything)
        rows = (await connection.execute(select(states, func.count()).group_by(states))).all()
        found = await report(connection, EVERYTHING, asking, process.parts.bundle.kpis)
        missing = await views.missing(connection)
    reviews: Counter[str] = Counter()
    for state, count in rows:
        reviews["open" if state in _OPEN else state] += count
    return list(lines), dict(sorted(reviews.items())), kpis_out(found, asking, missing, example=True).items


async def _clocks(*stores: EventStore) -> Clocks:
    kinds: Counter[type] = Counter()
    stopped: Counter[bool] = Counter()
    for store in stores:
        position = -1
        while events := await store.after(position, _BATCH):
            position = events[-1].position
            kinds.update(type(event.fact) for event in events)
            stopped.update(event.fact.within for event in events if isinstance(event.fact, ClockStopped))
    return Clocks(
        met=stopped[True],
        missed=stopped[False],
        breached=kinds[ClockBreached] + kinds[TriageBreached],
        paused=kinds[ClockPaused],
        reminders=kinds[ClockReminded] + kinds[TriageReminded],
        escalations=sum(kinds[one] for one in (ReviewEscalated, LaunchEscalated, TriageBreached, TriageEscalated)),
    )


def _counted(words: list[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def as_json(found: Summary) -> dict[str, Any]:
    """The numbers as the command line says them in JSON."""
    shown = {"id", "number", "name", "unit", "numerator", "denominator", "value", "beside", "goals", "met", "by_tier"}
    return {
        "events": found.events,
        "systems": found.systems,
        "tiers": found.tiers,
        "stands": found.stands,
        "reviews": found.reviews,
        "clocks": {name: getattr(found.clocks, name) for name in Clocks.__slots__},
        "kpis": [kpi.model_dump(mode="json", include=shown) for kpi in found.kpis],
    }
