"""The shapes of answers in the OpenAPI document: schemas of what endpoints return, from their own types."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from fastapi import APIRouter

from shared.runtime.routing import StrictRoute

Json = dict[str, Any]
JSON: Final = "application/json"


def declare_answers(document: Json, routers: Iterable[APIRouter]) -> None:
    """Complete the successes of every operation whose endpoint returns a `TypedDict`, in place.

    Its schema stands at every status of success that declares no other content. Raises `ValueError` where two types
    would stand under one name.
    """
    routes = [route for router in routers for route in router.routes]
    shaped = [route for route in routes if isinstance(route, StrictRoute) and route.shape is not None]
    places = "#/components/schemas/{name}"
    schemas, components = msgspec.json.schema_components([route.shape for route in shaped], ref_template=places)
    known = document["components"]["schemas"]
    if twice := known.keys() & components.keys():
        raise ValueError(f"two shapes of one name in one document: {', '.join(sorted(twice))}")
    known |= {name: _plain(found) for name, found in components.items()}
    for route, schema in zip(shaped, schemas, strict=True):
        for method in route.methods or ():
            for status, response in document["paths"][route.path][method.lower()]["responses"].items():
                if status == str(route.status_code or 200) or (status.startswith("2") and "content" not in response):
                    response["content"] = {JSON: {"schema": schema}}


def _plain(schema: Json) -> Json:
    """Descriptions that are docstrings of several lines lose the margin that they have in the source."""
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())
    return schema
