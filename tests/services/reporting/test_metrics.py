"""What Prometheus scrapes: numerators and denominators by tier, and how old they are."""

import asyncio
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.reporting.metrics import KpiCollector
from tests.services.reporting.fixtures import Tell
from tests.services.reporting.site import ReportingSite
from tests.services.reporting.stories import portfolio

Samples = dict[tuple[str, ...], float]


async def scraped(site: ReportingSite) -> Samples:
    answer = await site.client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.fixture
async def site(make_site: Callable[..., ReportingSite]) -> ReportingSite:
    site = make_site("2026-02-24 12:00")
    site.registry.register(KpiCollector(site.reporting, asyncio.get_running_loop()))
    return site


async def test_kpis_are_scraped_as_what_is_divided_by_tier(site: ReportingSite, tell: Tell) -> None:
    await tell(portfolio())
    found = await scraped(site)
    assert found["gatehouse_kpi_numerator", "evidence-completeness", "high"] == 7
    assert found["gatehouse_kpi_denominator", "evidence-completeness", "high"] == 8
    assert found["gatehouse_kpi_numerator", "review-sla", "medium"] == 0
    assert found["gatehouse_kpi_denominator", "review-sla", "medium"] == 0
    assert found["gatehouse_kpi_denominator", "review-sla-beside", "medium"] == 1
    assert found["gatehouse_kpi_denominator", "coverage", "none"] == 1
    assert found["gatehouse_kpi_denominator", "coverage", "prohibited"] == 0


async def test_scrapes_say_how_old_the_facts_are_and_whether_the_logs_are_intact(
    site: ReportingSite, tell: Tell
) -> None:
    await tell(portfolio())
    found = await scraped(site)
    assert found["gatehouse_kpi_projection_age_seconds", "review"] == 11 * 86_400 + 12 * 3_600
    assert found["gatehouse_kpi_missing_facts", "intake"] == 0
    assert (found["gatehouse_log_intact", "intake"], found["gatehouse_log_intact", "review"]) == (1, 0)


async def test_an_empty_installation_divides_nothing_by_nothing(site: ReportingSite, tell: Tell) -> None:
    found = await scraped(site)
    kpis = {name: value for name, value in found.items() if name[0].startswith("gatehouse_kpi_")}
    assert len(kpis) == 2 * 5 * (5 + 3)
    assert set(kpis.values()) == {0}


async def test_registering_does_not_read_the_projection(make_site: Callable[..., ReportingSite]) -> None:
    loop = asyncio.new_event_loop()  # never runs: reading would wait for it
    site = make_site("2026-02-24 12:00")
    site.registry.register(KpiCollector(site.reporting, loop))
    loop.close()
