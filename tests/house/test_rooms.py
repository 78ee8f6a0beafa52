"""Know one service, know all: each has the same rooms under the same names. A room of its own has a reason here."""

import pytest

from shared.runtime.settings import SERVICES
from tests.house.tree import ROOT, tracked

ROOMS = {
    "__init__",
    "__main__",
    "activities",
    "adapters",
    "api",
    "consumer",
    "domain",
    "handlers",
    "migrations",
    "queries",
    "tables",
    "wiring",
    "workflows",
}
OWN = {
    ("intake", "importing"): "the client side of bringing a portfolio in, which talks to the API as anybody does",
    ("intake", "mappings"): "how published formats of portfolios speak of what the form asks: data and its reader",
    ("intake", "reconcile"): "which clocks of triage should run, told from the log",
    ("review", "reconcile"): "which clocks of reviews should run, told from the log",
    ("reporting", "metrics"): "the KPIs as Prometheus scrapes them",
    ("reporting", "page"): "the server-rendered pages: queries to HTML",
    ("reporting", "verification"): "the runner that verifies every service's log and records what it found",
}


def rooms(service: str) -> set[str]:
    inside = [path.relative_to(ROOT).parts for path in tracked()]
    return {parts[2].removesuffix(".py") for parts in inside if parts[:2] == ("services", service)}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_rooms_that_everybody_knows(service: str) -> None:
    own = {room for owner, room in OWN if owner == service}
    assert rooms(service) - ROOMS == own


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_built_by_hand_in_one_place(service: str) -> None:
    assert {"domain", "migrations", "tables", "wiring"} <= rooms(service)
