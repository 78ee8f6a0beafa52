"""The KPIs for Prometheus: numerators and denominators, so that whoever reads them can add up and divide correctly."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from datetime import datetime
from typing import Final

import structlog
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.reporting.consumer import SERVICES
from services.reporting.domain.cases import NO_TIER
from services.reporting.domain.figures import Figure, Ratio
from services.reporting.domain.kpis import Answer
from services.reporting.queries.ground import Reporting
from services.reporting.queries.kpis import Asking, report
from services.reporting.queries.reading import EVERYTHING
from services.reporting.queries.standing import Stand
from services.reporting.queries.trust import LogLine, logs
from shared.store.errors import StoreUnavailable

KEPT_SECONDS: Final = 10.0
"""How long one computation answers scrapes: several servers may scrape, none should make the others wait."""
_WAIT_SECONDS: Final = 5.0
_log = structlog.get_logger()
Found = tuple[Sequence[Answer], Sequence[Stand], Sequence[LogLine]]


class KpiCollector(Collector):
    """Reads the projection when it is scraped. Scrapes come from other threads than the loop that owns the tables.

    `gatehouse_kpi_numerator` and `gatehouse_kpi_denominator` have the labels `kpi` and `tier`; a KPI's second number
    has the id with `-beside`. A denominator of 0 is "no data".
    """

    def __init__(self, reporting: Reporting, loop: asyncio.AbstractEventLoop) -> None:
        self._reporting, self._loop = reporting, loop
        self._found: tuple[float, Found] | None = None

    def describe(self) -> Iterable[Metric]:
        """The metrics without values: registering must not read the projection."""
        return _families()

    def collect(self) -> Iterator[Metric]:
        """The present values; none while the projection can't be read."""
        try:
            answers, stood, lines = asyncio.run_coroutine_threadsafe(self._current(), self._loop).result(_WAIT_SECONDS)
        except (StoreUnavailable, TookTooLong) as reason:
            _log.warning("no KPIs for this scrape", reason=repr(reason))
            return
        numerators, denominators, age, missing, intact, verified = _families()
        tiers = [*(tier.id for tier in self._reporting.bundle.tiers.tiers), NO_TIER]
        for answer in answers:
            for kpi, tier, ratio in _ratios(answer, tiers):
                numerators.add_metric([kpi, tier], ratio.numerator)
                denominators.add_metric([kpi, tier], ratio.denominator)
        now = self._reporting.clock()
        for stand in stood:
            missing.add_metric([stand.service], stand.missing)
            if stand.recorded is not None:
                age.add_metric([stand.service], _seconds(stand.recorded, now))
        for line in lines:
            if line.intact is not None and line.verified_at is not None:
                intact.add_metric([line.service], float(line.intact))
                verified.add_metric([line.service], line.verified_at.timestamp())
        yield from (numerators, denominators, age, missing, intact, verified)

    async def _current(self) -> Found:
        if self._found is None or self._loop.time() - self._found[0] >= KEPT_SECONDS:
            self._found = (self._loop.time(), await self._read())
        return self._found[1]

    async def _read(self) -> Found:
        async with self._reporting.views.reading() as connection:
            found = await report(
                connection, EVERYTHING, Asking(as_of=self._reporting.clock()), self._reporting.bundle.kpis
            )
            return found.answers, found.stands, await logs(connection, SERVICES)


def _ratios(answer: Answer, tiers: Sequence[str]) -> Iterator[tuple[str, str, Ratio]]:
    """Every tier of the policy, also those without cases: a series that comes and goes can't be summed over time."""
    found: dict[str | None, Figure] = {figure.tier: figure for figure in answer.by_tier}
    for tier in dict.fromkeys([*tiers, *(name for name in found if name)]):
        figure = found.get(tier)
        yield answer.definition.id, tier, figure.main if figure else Ratio.of([], [])
        if answer.definition.beside:
            yield f"{answer.definition.id}-beside", tier, figure.beside if figure else Ratio.of([], [])


def _families() -> tuple[GaugeMetricFamily, ...]:
    gauge = GaugeMetricFamily
    return (
        gauge("gatehouse_kpi_numerator", "What a KPI divides, now, by tier.", labels=["kpi", "tier"]),
        gauge("gatehouse_kpi_denominator", "What a KPI divides by; 0 is no data.", labels=["kpi", "tier"]),
        gauge(
            "gatehouse_kpi_projection_age_seconds",
            "Seconds since the newest fact was recorded that the KPIs count.",
            labels=["service"],
        ),
        gauge("gatehouse_kpi_missing_facts", "Facts that the KPIs do not count yet.", labels=["service"]),
        gauge("gatehouse_log_intact", "1 while a log was found intact, 0 once it was not.", labels=["service"]),
        gauge(
            "gatehouse_log_verified_timestamp_seconds",
            "When a log was last verified, as POSIX time.",
            labels=["service"],
        ),
    )


def _seconds(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
