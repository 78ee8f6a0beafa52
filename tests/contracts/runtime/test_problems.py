"""Every error is problem details from one catalogue, and every answer carries what the edge adds."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter
from openapi_spec_validator import validate
from starlette.exceptions import HTTPException

from shared.log.port import LogUnavailable
from shared.refusals import CATALOGUE, Refused
from shared.runtime.explanations import EXPLANATIONS
from shared.store.port import (
    EventTooLarge,
    KeyReused,
    StoreFrozen,
    StoreFull,
    StoreHeld,
    StoreUnavailable,
    VersionConflict,
)
from tests.contracts.runtime.notes_site import Site, code_of


async def test_an_unknown_path_is_not_found(site: Site) -> None:
    assert code_of(await site.client.get("/nowhere")) == (404, "not-found")
    assert code_of(await site.client.get("/notes/v1/notes/")) == (404, "not-found")


async def test_a_browser_gets_a_small_page_with_the_same_code_and_nothing_of_the_address_in_it(site: Site) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = await site.client.get("/nowhere/<script>", headers=browser)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "404 not-found" in page.text
    assert page.headers["x-request-id"] in page.text
    assert "script" not in page.text
    for headers in ({}, {"Accept": "application/json"}):
        assert code_of(await site.client.get("/nowhere", headers=headers)) == (404, "not-found")
    assert code_of(await site.client.post("/nowhere", headers=browser)) == (404, "not-found")


async def test_another_method_is_named_with_those_that_are_allowed(site: Site) -> None:
    response = await site.client.delete("/notes/v1/notes")
    assert code_of(response) == (405, "method-not-allowed")
    assert response.headers["allow"]


async def test_a_path_that_does_not_parse_is_not_found(site: Site) -> None:
    response = await site.client.put("/notes/v1/notes/abc", headers={"If-Match": '"1"'})
    assert code_of(response) == (404, "not-found")


async def test_a_failure_of_ours_says_nothing_of_its_reason_but_is_logged(
    site: Site, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    response = await site.client.get("/notes/v1/broken")
    assert code_of(response) == (500, "unexpected")
    assert "secret" not in response.text
    line = next(line for line in logged() if line["event"] == "request failed")
    assert "the secret reason" in line["exception"]
    assert line["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (EventTooLarge(), (413, "event-too-large")),
        (KeyReused(), (422, "idempotency-reused")),
        (StoreFull(), (507, "storage-full")),
        (StoreUnavailable(), (503, "unavailable")),
        (LogUnavailable(), (503, "unavailable")),
        (StoreHeld(), (503, "unavailable")),
        (StoreFrozen(), (503, "log-frozen")),
        (VersionConflict(), (412, "version-conflict")),
        (Refused("segregation-of-duties", "nobody decides their own"), (403, "segregation-of-duties")),
        (HTTPException(400), (400, "malformed-request")),
    ],
)
async def test_what_the_store_or_domain_raises_has_its_code(
    make_site: Callable[..., Site], failure: Exception, expected: tuple[int, str]
) -> None:
    routes = APIRouter()

    @routes.get("/fails")
    async def fails() -> None:
        raise failure

    response = await make_site(routers=(routes,)).client.get("/fails")
    assert code_of(response) == expected
    assert ("retry-after" in response.headers) == (expected[0] in (503, 507))


async def test_not_found_never_says_what_it_is_that_is_not_there(make_site: Callable[..., Site]) -> None:
    routes = APIRouter()

    @routes.get("/hidden")
    async def hidden() -> None:
        raise Refused("not-found", "system 7 is in Finance")

    client = make_site(routers=(routes,)).client
    there, absent = (await client.get("/hidden")).json(), (await client.get("/absent")).json()
    assert {**there, "instance": ""} == {**absent, "instance": ""}


async def test_security_headers_and_a_request_id_are_on_every_answer(site: Site) -> None:
    for path in ("/healthz", "/nowhere", "/notes/v1/broken", "/metrics"):
        response = await site.client.get(path)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert response.headers["cache-control"] == "no-store"
        assert len(response.headers["x-request-id"]) == 36
        assert "strict-transport-security" not in response.headers


async def test_hsts_is_sent_where_people_come_by_https(make_site: Callable[..., Site]) -> None:
    response = await make_site(public_url="https://gatehouse.test").client.get("/healthz")
    assert response.headers["strict-transport-security"].startswith("max-age=")


async def test_a_request_id_is_ours_also_when_one_is_sent(site: Site) -> None:
    response = await site.client.get("/healthz", headers={"X-Request-Id": "forged"})
    assert response.headers["x-request-id"] != "forged"


@pytest.mark.parametrize("host", ["evil.example", "gatehouse.test.evil.example", "127.0.0.1.nip.io", "", "10.1.2.3"])
async def test_another_host_is_misdirected(site: Site, host: str) -> None:
    assert code_of(await site.client.get("/metrics", headers={"Host": host})) == (421, "misdirected")


@pytest.mark.parametrize("host", ["gatehouse.test:8080", "GATEHOUSE.TEST", "a.example.org", "[::1]:80", "10.1.2.3:99"])
async def test_names_suffixes_and_networks_may_be_allowed(make_site: Callable[..., Site], host: str) -> None:
    site = make_site(allowed_hosts=("gatehouse.test", "*.example.org", "::1", "10.0.0.0/8"))
    assert (await site.client.get("/metrics", headers={"Host": host})).status_code == 200
    assert code_of(await site.client.get("/metrics", headers={"Host": "example.org"})) == (421, "misdirected")


async def test_probes_may_come_to_an_address(site: Site) -> None:
    assert (await site.client.get("/healthz", headers={"Host": "10.1.2.3"})).status_code == 200


async def test_more_than_five_ranges_are_not_served(site: Site) -> None:
    ranges = ",".join(f"{n}-{n}" for n in range(6))
    response = await site.client.get("/healthz", headers={"Range": f"bytes={ranges}"})
    assert code_of(response) == (416, "range-not-satisfiable")


async def test_ready_names_the_part_that_does_not_answer(make_site: Callable[..., Site]) -> None:
    async def fine() -> None:
        return

    async def broken() -> None:
        raise ConnectionError("no route to 10.0.0.9")

    ready = await make_site(readiness={"store": fine}).client.get("/readyz")
    assert ready.json() == {"status": "ready", "checks": ["store"], "remarks": []}
    response = await make_site(readiness={"store": fine, "kafka": broken}).client.get("/readyz")
    assert code_of(response) == (503, "unavailable")
    assert response.json()["errors"] == [{"detail": "kafka: ConnectionError"}]


async def test_ready_repeats_what_a_part_says_for_people_to_read(make_site: Callable[..., Site]) -> None:
    async def remarking() -> str:
        return "takes nothing more"

    async def refusing() -> None:
        raise Refused("unavailable", "not asked yet")

    ready = await make_site(readiness={"guard": remarking}).client.get("/readyz")
    assert (ready.status_code, ready.json()["remarks"]) == (200, ["guard: takes nothing more"])
    response = await make_site(readiness={"guard": remarking, "store": refusing}).client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["errors"] == [{"detail": "guard: takes nothing more"}, {"detail": "store: not asked yet"}]


async def test_a_method_that_http_does_not_define_is_no_label_of_its_own(site: Site) -> None:
    for method in ("PATCH", "PROPFIND", "M-SEARCH"):
        await site.client.request(method, "/notes/v1/notes")
    told = (await site.client.get("/metrics")).text
    assert set(re.findall(r'seconds_count\{method="([^"]*)"', told)) == {"PATCH", "other"}


async def test_metrics_come_in_the_format_that_is_asked_for(site: Site) -> None:
    await site.client.get("/notes/v1/notes/1")
    plain = await site.client.get("/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'gatehouse_http_request_seconds_count{method="GET",route="unmatched",status="404"}' in plain.text or (
        'status="405"' in plain.text
    )
    accept = "application/openmetrics-text; version=1.0.0; q=0.9, text/plain; q=0.5"
    openmetrics = await site.client.get("/metrics", headers={"Accept": accept})
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert openmetrics.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    "accept",
    ["application/openmetrics-text; version=abc", "text/plain; version=", ";;,,", "text/plain; escaping=nothing"],
)
async def test_a_strange_accept_header_still_gets_metrics(site: Site, accept: str) -> None:
    assert (await site.client.get("/metrics", headers={"Accept": accept})).status_code == 200


async def test_every_code_of_the_catalogue_is_explained(site: Site) -> None:
    assert set(EXPLANATIONS) == set(CATALOGUE)
    for code, (status, title) in CATALOGUE.items():
        page = await site.client.get(f"/problems/{code}")
        assert page.text.startswith(f"{code}: HTTP {status}\n\n{title}.")
    assert code_of(await site.client.get("/problems/none")) == (404, "not-found")


async def test_the_openapi_document_is_valid_and_declares_problems_everywhere(site: Site) -> None:
    document: dict[str, Any] = (await site.client.get("/openapi.json")).json()
    validate(document)
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert len(operations) > 8
    for operation in operations:
        problems = {status: found for status, found in operation["responses"].items() if status[0] in "45"}
        assert {"400", "421", "500", "503"} <= set(problems)
        assert all(list(found["content"]) == ["application/problem+json"] for found in problems.values())
        assert "default" not in operation["responses"]
    note = document["components"]["schemas"]["Note"]
    assert note["additionalProperties"] is False
    assert "HTTPValidationError" not in json.dumps(document)
