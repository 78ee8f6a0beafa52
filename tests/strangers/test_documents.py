"""The validators of AsyncAPI and OpenAPI find nothing in our documents, and the documents leave nothing out."""

import copy
import json
from collections.abc import Iterator
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from shared.events.catalogue import CATALOGUE
from shared.runtime.settings import SERVICES
from tests.engines import or_missing
from tests.house.tree import ROOT
from tests.journey.places import Embedded
from tests.strangers.asyncapi_parser import Reading, packages, read, version
from tests.strangers.said import Tell

ASYNCAPI_PARSER, OPENAPI_VALIDATOR = "`@asyncapi/parser`", "`openapi-spec-validator`"
ASYNCAPI = ROOT / "docs" / "events" / "asyncapi.json"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
OPEN = {
    ("post", "/intake/v1/hooks/{source}/{endpoint_id}"),  # by the sender's signature
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
    ("get", "/problems/{code}"),
}
"""What nobody signs in for."""
SILENT = {
    ("/intake/v1/form", "200"),  # a JSON Schema
    ("/healthz", "200"),
    ("/readyz", "200"),
    *((f"/{service}/v1/log/proof/{{event_id}}", "202") for service in SERVICES),  # come again
}
"""Answers whose members are not the document's to tell."""


BROKEN = {
    "a channel without its address": ('"address"', '"adress"'),
    "an action that there is not": ('"action": "send"', '"action": "shout"'),
    "references that lead nowhere": ("/payload/schema/$defs/", "/payload/schema/definitions/"),
    "a version that there is not": ('"asyncapi": "3.0.0"', '"asyncapi": "9.0.0"'),
}
"""Ways to break the AsyncAPI document: what is replaced, and by what."""


@pytest.fixture(scope="module")
def readings() -> dict[str, Reading]:
    """What the parser makes of our document, and of each broken one."""
    or_missing(packages)
    text = ASYNCAPI.read_text()
    assert all(good in text for good, _ in BROKEN.values())
    documents = {"ours": text} | {name: text.replace(good, bad) for name, (good, bad) in BROKEN.items()}
    return dict(zip(documents, read(list(documents.values())), strict=True))


@pytest.fixture(scope="module")
def openapi(served: Embedded) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{served.url('intake')}/openapi.json").raise_for_status().json()
    return found


@pytest.mark.timeout(600)  # the first run fetches the parser
def test_asyncapi_s_own_parser_reads_every_topic_and_every_fact(readings: dict[str, Reading], tell: Tell) -> None:
    found = readings["ours"]
    assert (found.faults, found.channels, found.messages) == ([], len(SERVICES), len(CATALOGUE))
    words = f"{found.channels} channels, {found.messages} messages, no fault"
    tell(ASYNCAPI_PARSER, version(), "`docs/events/asyncapi.json`", words)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", BROKEN)
def test_control_asyncapi_s_parser_refuses_a_broken_document(
    readings: dict[str, Reading], name: str, tell: Tell
) -> None:
    assert readings[name].faults
    tell(ASYNCAPI_PARSER, version(), name, readings[name].faults[0], control=True)


@pytest.mark.journey
def test_the_openapi_document_is_valid(openapi: dict[str, Any], tell: Tell) -> None:
    validate(openapi)
    count = len(list(_operations(openapi)))
    tell(OPENAPI_VALIDATOR, installed("openapi-spec-validator"), "`/openapi.json`", f"{count} operations, no fault")


@pytest.mark.journey
def test_control_a_broken_openapi_document_is_refused(openapi: dict[str, Any], tell: Tell) -> None:
    broken = copy.deepcopy(openapi)
    next(_operations(broken))[2]["responses"]["200"] = {"content": {}}
    with pytest.raises(OpenAPIValidationError) as refused:
        validate(broken)
    read, words = "an answer without its description", refused.value.message
    tell(OPENAPI_VALIDATOR, installed("openapi-spec-validator"), read, words, control=True)


@pytest.mark.journey
def test_the_openapi_document_tells_every_service_with_its_log(openapi: dict[str, Any]) -> None:
    assert {path.split("/")[1] for path in openapi["paths"]} >= set(SERVICES)
    assert {f"/{service}/v1/log/checkpoint" for service in SERVICES} <= openapi["paths"].keys()


@pytest.mark.journey
def test_every_operation_tells_how_it_refuses_and_what_it_answers(openapi: dict[str, Any]) -> None:
    for method, path, operation in _operations(openapi):
        refusals = {status: answer for status, answer in operation["responses"].items() if status[0] in "45"}
        assert operation["summary"], (method, path)
        assert any(status.startswith("2") for status in operation["responses"]), (method, path)
        assert {"400", "500", "503"} <= refusals.keys(), (method, path)
        assert all(list(answer["content"]) == ["application/problem+json"] for answer in refusals.values())
        assert "401" in refusals or not operation.get("security"), (method, path)


@pytest.mark.journey
def test_every_json_answer_but_a_named_few_tells_its_members(openapi: dict[str, Any]) -> None:
    silent = {
        (path, status)
        for _, path, operation in _operations(openapi)
        for status, answer in operation["responses"].items()
        if (found := answer.get("content", {}).get("application/json")) is not None
        if not {"$ref", "items"} & found.get("schema", {}).keys()
    }
    assert silent == SILENT


@pytest.mark.journey
def test_what_an_intake_is_answered_leads_on_to_its_system(openapi: dict[str, Any]) -> None:
    receipt = openapi["paths"]["/intake/v1/intakes"]["post"]["responses"]["201"]
    read = openapi["paths"]["/intake/v1/systems/{system_id}"]["get"]["operationId"]
    assert receipt["links"][read]["parameters"] == {"system_id": "$response.body#/system_id"}


@pytest.mark.journey
def test_every_operation_but_a_named_few_asks_for_a_bearer_token(openapi: dict[str, Any]) -> None:
    scheme = openapi["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    unsigned = {(method, path) for method, path, operation in _operations(openapi) if not operation.get("security")}
    assert unsigned == OPEN


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield method, path, item[method]


def test_the_lock_holds_hashes_and_no_addresses() -> None:
    locked = json.loads((Path(__file__).with_name("asyncapi") / "package-lock.json").read_text())["packages"]
    fetched = {name: package for name, package in locked.items() if name}
    assert len(fetched) > 100
    assert all(package["integrity"].startswith("sha512-") for package in fetched.values())
    assert not any("resolved" in package for package in fetched.values())
