"""Where an answer leads, in the OpenAPI document: links from the ids in an answer to the operations that take them.

OpenAPI 3.1, Link Object. An answer that names a `review_id`, itself or in the first item of a list, leads to every
operation under `{review_id}`; one that names an `id` leads to what lies under its own path.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]


def declare_links(document: Json) -> None:
    """Give every success of the document its links, in place."""
    schemas, operations = document["components"]["schemas"], list(_operations(document))
    for path, operation in operations:
        for response in _successes(operation):
            found = _ids(response, schemas)
            links = {
                into["operationId"]: {"operationId": into["operationId"], "parameters": {name: found[place]}}
                for where, into in operations
                for name in _only_parameter(into)
                if into is not operation
                if (place := name if name in found else "id") in found
                if place == name or where.startswith(f"{path}/{{{name}}}")
            }
            if links:
                response["links"] = links


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def _successes(operation: Json) -> Iterator[Json]:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield response


def _only_parameter(operation: Json) -> list[str]:
    """The parameter of the path, where there is exactly one: a link knows one id."""
    named = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
    return named if len(named) == 1 else []


def _ids(response: Json, schemas: Mapping[str, Json]) -> dict[str, str]:
    """The ids in a JSON answer, each with the runtime expression that finds it."""
    answer = _resolved(response.get("content", {}).get("application/json", {}).get("schema", {}), schemas)
    own = answer.get("properties", {})
    first = _resolved(own.get("items", {}).get("items", {}), schemas).get("properties", {})
    places = [(own, "$response.body#/"), (first, "$response.body#/items/0/")]
    return {
        name: f"{place}{name}"
        for properties, place in places
        for name in properties
        if name == "id" or name.endswith("_id")
    }


def _resolved(schema: Json, schemas: Mapping[str, Json]) -> Json:
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
