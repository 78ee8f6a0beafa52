"""Rows 12 and 13: who may do nothing does nothing, and what is not yours is not there."""

import statistics
import time
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.hostile.cases import CASES
from tests.hostile.routes import Attack, Route, routes
from tests.hostile.site import Site, running
from tests.journey.walker import wait_for

FORGED = {
    "X-User": "operator",
    "X-Forwarded-User": "operator",
    "X-Remote-User": "operator",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "localhost",
    "Forwarded": "for=127.0.0.1;host=localhost",
    "X-Original-URL": "/intake/v1/keys",
    "X-Http-Method-Override": "GET",
}
OPEN = frozenset({"/review/v1/reviews/{review_id}/recusals", "/review/v1/overrides/{override_id}/recusals"})
"""Whoever sees a review, or an override, may step back from it: that takes powers from nobody but themselves."""
OF_NO_PLACE = frozenset({"condition_id", "delivery_id", "key_id", "kpi", "event_id", "path", "person"})
"""What these parameters name is not part of a portfolio."""
FORBIDDEN_READS = ("/intake/v1/keys", "/intake/v1/endpoints", "/intake/v1/log/checkpoint", "/review/v1/derived")
_OF_REVIEW = ("/review/v1/reviews", "/review/v1/overrides")
TIMES = 300
RATIO = 1.5


def commands(site: Site) -> Iterator[Route]:
    """What changes something at the will of a person."""
    for route in routes(site):
        if route.method != "GET" and route.takes_json and not route.path.endswith((":confirm", ":begin")):
            yield route


def test_who_may_only_read_changes_nothing(site: Site) -> None:
    """The auditor sees everything, so nothing is hidden from them: their role lacks."""
    before_the_board = {"review_id": site.portfolio.signed_off("For the board")}
    ripe = {"votes": before_the_board, "decision": before_the_board, "met": site.portfolio.approved("On a condition")}
    attack = Attack(site, "role", "audit")
    for route in commands(site):
        if route.path not in OPEN:
            body = route.body
            body |= {"appointment_id": site.ids["appointment_id"]} if "appointment_id" in body else {}
            attack.on(route, body, ripe.get(route.path.rsplit("/", 1)[-1]))
    attack.succeeded(20)


def test_one_ruling_of_several_is_refused_alone(site: Site) -> None:
    for path in ("/intake/v1/triage:confirm", "/intake/v1/triage:begin"):
        body = {"items": [{"intake_id": site.ids["intake_id"]}], **({"reason": "all"} if "confirm" in path else {})}
        (item,) = site.done("POST", path, "audit", body)["items"]
        assert (item["status"], item["problem"]["type"]) == (403, "/problems/forbidden")


@pytest.mark.parametrize("path", FORBIDDEN_READS)
def test_what_is_for_a_few_is_not_read_by_others(site: Site, path: str) -> None:
    attack = Attack(site, "role")
    for who in ("rita", "tess", "robot", "nobody"):
        attack.judge(path, site.send("GET", path, who))
    attack.succeeded(4)


@pytest.mark.parametrize("path", FORBIDDEN_READS)
def test_headers_that_anybody_can_set_open_nothing(site: Site, path: str) -> None:
    assert CASES["role"].holds(site.client.get(path, headers={**site.headers("rita"), **FORGED}))
    assert CASES["forged"].holds(site.client.get(path, headers=FORGED))


def test_headers_that_anybody_can_set_name_nobody(site: Site) -> None:
    body = {"name": "Forged", "owner": "omar"}
    made = [
        site.done("POST", "/intake/v1/intakes", "rita", body, **headers)
        for headers in ({}, {name.replace("-", "_"): value for name, value in FORGED.items()})
    ]
    asked = [site.done("GET", f"/intake/v1/intakes/{one['intake_id']}", "rita") for one in made]
    assert asked[0]["requester"] == asked[1]["requester"]


def test_what_is_in_another_portfolio_is_not_there(site: Site) -> None:
    """Every route that leads to the portfolio, with an id that exists and one that does not: one answer to both."""
    attack = Attack(site, "foreign", "ray")
    for route, ids in _named(site):
        body = route.body if route.takes_json else None
        found, absent = attack.on(route, body), attack.on(route, body, ids)
        assert _said(found) == _said(absent), route.name
    attack.succeeded(30)


def test_what_is_hidden_from_others_is_shown_to_whose_it_is(site: Site) -> None:
    for route, _ in _named(site):
        if route.method == "GET":
            assert site.send("GET", route.at(site.ids), "operator").status_code == 200, route.name


def test_lists_of_another_portfolio_are_empty() -> None:
    """On a server of its own: deliveries to the shared one register systems in Retail, which are Ray's to see."""
    with running() as site:
        assert site.ids
        for path in ("/intake/v1/systems", "/intake/v1/triage", *_OF_REVIEW, "/reporting/v1/audit"):
            if "triage" not in path:
                wait_for(partial(_items, site, path), f"something at {path}")
            foreign = site.done("GET", path, "ray")["items"]
            assert foreign == [], (path, foreign)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/intake/v1/systems/{system_id}", "system_id"),
        ("/intake/v1/intakes/{intake_id}", "intake_id"),
        ("/review/v1/reviews/{review_id}", "review_id"),
        ("/review/v1/overrides/{override_id}", "override_id"),
    ],
)
def test_what_is_in_another_portfolio_takes_no_other_time(site: Site, path: str, name: str) -> None:
    """The medians of interleaved requests, whose ratio tells nothing: noise falls on both alike."""
    took: dict[bool, list[float]] = {True: [], False: []}
    headers = site.headers("ray")
    for _ in range(TIMES):
        for there in (True, False):
            url = path.replace(f"{{{name}}}", site.ids[name] if there else str(uuid4()))
            began = time.perf_counter()
            assert site.client.get(url, headers=headers).status_code == 404
            took[there].append(time.perf_counter() - began)
    ratio = statistics.median(took[True]) / statistics.median(took[False])
    assert 1 / RATIO < ratio < RATIO


def _named(site: Site) -> Iterator[tuple[Route, dict[str, str]]]:
    for route in routes(site):
        named = route.names("path") - OF_NO_PLACE - {"source", "endpoint_id", "appointment_id", "delegation_id"}
        if route.is_signed and named:
            yield route, {name: str(uuid4()) for name in named}


def _said(answer: httpx2.Response) -> dict[str, Any]:
    own = {"instance"}
    headers = {name: value for name, value in answer.headers.items() if name not in _OF_ONE_REQUEST}
    return {"status": answer.status_code, **{k: v for k, v in answer.json().items() if k not in own}, **headers}


_OF_ONE_REQUEST = frozenset({"x-request-id", "date", "ratelimit"})


def _items(site: Site, path: str) -> Any:
    return site.done("GET", path, "operator")["items"]
