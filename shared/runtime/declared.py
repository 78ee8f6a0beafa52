"""Which problems each operation may answer, told in the OpenAPI document status by status, with their types.

Most follow from what an operation takes, so they are told from its own description: a body, a key, a version, a page.
A route declares further ones by `refusing`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from shared.refusals import CATALOGUE
from shared.runtime.problems import MEDIA_TYPE

Json = dict[str, Any]
JSON_TYPES: Final = frozenset({"application/json", "application/cloudevents+json"})

EVERYWHERE: Final = ("malformed-request", "misdirected", "range-not-satisfiable", "unexpected", "unavailable")
SIGNED: Final = ("unauthenticated", "forbidden", "rate-limited", "storage-full", "log-frozen")
BODY: Final = ("body-too-large", "unsupported-media-type")
JSON: Final = ("malformed-json", "duplicate-key", "invalid-text", "unknown-field", "invalid-field")
COMMAND: Final = (
    "idempotency-missing",
    "idempotency-in-flight",
    "idempotency-reused",
    "event-too-large",
    "too-contended",
    "already-decided",
    "already-exists",
    "invalid-answer",
    "invalid-field",
    "invalid-time",
    "not-found",
    "prohibited-use",
    "quorum-missing",
    "segregation-of-duties",
    "stale-decision",
    "version-conflict",
    "wrong-state",
)
"""What a command may be refused for whatever it is: which of them depends on the state that it meets."""


def refusing(*codes: str) -> dict[int | str, Json]:
    """What a route passes as `responses=` for refusals that don't follow from what it takes."""
    by_status: dict[int | str, list[str]] = defaultdict(list)
    for code in codes:
        by_status[CATALOGUE[code][0]].append(code)
    return {status: _response(found) for status, found in by_status.items()}


def declare_problems(document: Json) -> None:
    """Complete every operation of an OpenAPI document in place."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            own = {"not-found"} if "{" in path else set()
            _declare(operation, own | ({"not-found"} if method != "get" else set()))


def _declare(operation: Json, own: Iterable[str]) -> None:
    responses: Json = operation["responses"]
    responses.pop("default", None)
    codes = {*own, *_following(operation), *_declared(responses)}
    for status, response in refusing(*sorted(codes)).items():
        responses[str(status)] = response


def _following(operation: Json) -> Iterator[str]:
    """The codes that follow from what an operation takes."""
    yield from EVERYWHERE
    if operation.get("security"):
        yield from SIGNED
    places = {(one["in"], one["name"].lower()) for one in operation.get("parameters", ())}
    if any(place == "query" for place, _ in places):
        yield "invalid-query"
    if ("header", "if-match") in places:
        yield from ("version-conflict", "precondition-required")
    if ("header", "idempotency-key") in places:
        yield from COMMAND
    if taken := set(operation.get("requestBody", {}).get("content", ())):
        yield from BODY
        if taken & JSON_TYPES:
            yield from JSON


def _declared(responses: Mapping[str, Json]) -> Iterator[str]:
    for response in responses.values():
        for part in response.get("content", {}).get(MEDIA_TYPE, {}).get("schema", {}).get("allOf", ()):
            for kind in part.get("properties", {}).get("type", {}).get("enum", ()):
                yield kind.removeprefix("/problems/")


def _response(codes: Iterable[str]) -> Json:
    kinds = {"properties": {"type": {"enum": [f"/problems/{code}" for code in codes]}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, kinds]}
    return {
        "description": "; or ".join(CATALOGUE[code][1] for code in codes),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
