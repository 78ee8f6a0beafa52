"""Prometheus has nothing against our metrics, and its server takes them from every process."""

from functools import partial
from pathlib import Path

import httpx2
import pytest

from deploy.local.platform import Platform
from tests.engines import or_missing
from tests.journey.places import Embedded
from tests.strangers.prometheus import objections, program, scraping, version
from tests.strangers.said import Tell

pytestmark = pytest.mark.journey

LINT = "`promtool check metrics`"
UNTIDY = b"# TYPE deliveries counter\ndeliveries 3\n"
BROKEN = b"# TYPE deliveries_total counter\ndeliveries_total three\n"


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    for name in ("promtool", "prometheus"):
        or_missing(partial(program, name))


def test_promtool_has_nothing_against_the_embedded_run_s_metrics(served: Embedded, tell: Tell) -> None:
    assert_tidy(served.url("intake"))
    tell(LINT, version("promtool"), "`/metrics` of the embedded run", "no objection")


def test_promtool_has_nothing_against_any_role_s_metrics(platform: Platform, tell: Tell) -> None:
    for role in platform.roles.values():
        assert_tidy(role.url)
    tell(LINT, version("promtool"), f"`/metrics` of roles {', '.join(platform.roles)}", "no objection")


def test_a_prometheus_server_takes_the_metrics_of_every_process(
    served: Embedded, platform: Platform, tmp_path: Path, tell: Tell
) -> None:
    targets = {name: role.url for name, role in platform.roles.items()} | {"embedded": served.url("intake")}
    with scraping(targets, tmp_path) as scraper:
        assert scraper.healths() == dict.fromkeys(targets, ("up", ""))
        assert scraper.jobs_with("gatehouse_runner_up") == targets.keys() - {"api"}  # the API only answers
        assert scraper.jobs_with("gatehouse_kpi_denominator") >= {"api", "embedded"}
    tell("Prometheus server", version("prometheus"), f"{len(targets)} processes", "up")


def test_control_promtool_objects_to_a_name_and_to_a_missing_help(tell: Tell) -> None:
    said = objections(UNTIDY)
    assert any("_total" in line for line in said)
    assert any("no help text" in line for line in said)
    tell(LINT, version("promtool"), "a counter by a wrong name, without help", "; ".join(said), control=True)


def test_control_promtool_objects_to_what_is_no_number(tell: Tell) -> None:
    said = objections(BROKEN)
    assert any("three" in line for line in said)
    tell(LINT, version("promtool"), "a word for a number", "; ".join(said), control=True)


def test_control_the_server_names_a_target_that_gives_no_metrics(tmp_path: Path, tell: Tell) -> None:
    with scraping({"nobody": "http://127.0.0.1:1"}, tmp_path) as scraper:
        health, error = scraper.healths()["nobody"]
    assert (health, "refused" in error) == ("down", True)
    tell("Prometheus server", version("prometheus"), "nobody", f"{health}: {error}", control=True)


def assert_tidy(url: str) -> None:
    answer = httpx2.get(f"{url}/metrics", headers={"Accept": "text/plain"})
    assert b"gatehouse_" in answer.content
    assert objections(answer.content) == []
