"""What endpoints answer stands in the OpenAPI document, and the ids in it lead on."""

from typing import Any, NotRequired, TypedDict

import pytest
from fastapi import APIRouter, FastAPI

from shared.runtime.answers import Listing, listing
from shared.runtime.links import declare_links
from shared.runtime.routing import json_router
from shared.runtime.shapes import declare_answers


class Boat(TypedDict):
    """A boat."""

    boat_id: str
    captain: str | None
    sunk: NotRequired[bool]


class Kept(TypedDict):
    """What was kept."""

    id: str


def harbour() -> APIRouter:
    routes = json_router("/boats", "boats")

    @routes.get("")
    async def boats() -> Listing[Boat]:
        return listing([], None)

    @routes.post("", status_code=201, responses={202: {"description": "Later"}})
    async def launch() -> Kept:
        return {"id": "1"}

    @routes.get("/{boat_id}")
    async def boat(boat_id: str) -> Boat:
        return {"boat_id": boat_id, "captain": None}

    return routes


def described(*routers: APIRouter) -> dict[str, Any]:
    app = FastAPI()
    for router in routers:
        app.include_router(router)
    document = app.openapi()
    declare_answers(document, routers)
    declare_links(document)
    return document


def schema(document: dict[str, Any], path: str, method: str, status: str) -> Any:
    return document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]


def test_an_answer_is_described_by_its_type() -> None:
    document = described(harbour())
    assert schema(document, "/boats/{boat_id}", "get", "200") == {"$ref": "#/components/schemas/Boat"}
    boat = document["components"]["schemas"]["Boat"]
    assert boat["required"] == ["boat_id", "captain"]
    assert boat["properties"]["captain"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert boat["properties"]["sunk"] == {"type": "boolean"}
    page = document["components"]["schemas"]["Listing_Boat_"]
    assert page["properties"]["items"] == {"type": "array", "items": {"$ref": "#/components/schemas/Boat"}}


def test_every_success_without_content_of_its_own_has_the_shape() -> None:
    document = described(harbour())
    kept = {"$ref": "#/components/schemas/Kept"}
    assert [schema(document, "/boats", "post", status) for status in ("201", "202")] == [kept, kept]


def test_ids_lead_to_the_operations_that_take_them() -> None:
    boats = described(harbour())["paths"]["/boats"]
    [from_list] = boats["get"]["responses"]["200"]["links"].values()
    [from_receipt] = boats["post"]["responses"]["201"]["links"].values()
    assert from_list["operationId"] == from_receipt["operationId"] == "boat_boats__boat_id__get"
    assert from_list["parameters"] == {"boat_id": "$response.body#/items/0/boat_id"}
    assert from_receipt["parameters"] == {"boat_id": "$response.body#/id"}


def test_two_shapes_of_one_name_are_refused() -> None:
    document = FastAPI().openapi()
    document["components"] = {"schemas": {"Boat": {"type": "string"}}}
    with pytest.raises(ValueError, match="two shapes of one name in one document: Boat"):
        declare_answers(document, [harbour()])
