"""An endpoint is given what FastAPI would give it, each dependency once, and refuses in FastAPI's order."""

from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Cookie, Depends, FastAPI, Header, Path, Query, Response
from fastapi.dependencies.utils import get_dependant
from httpx2 import ASGITransport, AsyncClient
from starlette.requests import Request

from shared.runtime.routing import json_router
from shared.runtime.solving import NoPlan, Plan

asked: list[str] = []


async def who(request: Request) -> str:
    asked.append("who")
    return request.headers.get("x-who", "nobody")


async def which(
    name: Annotated[str, Depends(who)],
    number: Annotated[int, Query(ge=1)] = 1,
    tag: Annotated[str | None, Header()] = None,
) -> str:
    asked.append("which")
    return f"{name} {number} {tag}"


def harbour(routes: APIRouter) -> FastAPI:
    @routes.get("/boats/{boat}", status_code=202)
    async def boat(
        boat: Annotated[int, Path(le=9)],
        named: Annotated[str, Depends(which)],
        first: Annotated[str, Depends(who)],
        response: Response,
        day: Annotated[list[str] | None, Query()] = None,
        crumb: Annotated[str, Cookie()] = "none",
    ) -> dict[str, object]:
        response.headers["X-Boat"] = str(boat)
        response.status_code = 203 if boat == 3 else None  # type: ignore[assignment]  # as an endpoint leaves it
        return {"boat": boat, "named": named, "first": first, "day": day, "crumb": crumb}

    app = FastAPI()
    app.include_router(routes)
    return app


@pytest.mark.parametrize(
    "path",
    [
        "/boats/1",
        "/boats/3?day=a&day=b&number=7",
        "/boats/x",
        "/boats/10?number=0",
        "/boats/2?number=none",
    ],
)
async def test_the_answer_is_the_one_that_fastapi_gives(path: str) -> None:
    told = []
    for routes in (json_router("", "boats"), APIRouter()):
        asked.clear()
        transport = ASGITransport(app=harbour(routes))
        async with AsyncClient(transport=transport, base_url="http://boats") as client:
            answer = await client.get(path, headers={"x-who": "ada", "tag": "t", "cookie": "crumb=c"})
        told.append((answer.status_code, answer.headers.get("x-boat"), answer.headers["content-type"], answer.json()))
        told.append(tuple(asked))
    assert told[:2] == told[2:]
    assert asked.count("who") == 1


async def opened() -> Iterator[str]:  # type: ignore[misc]  # FastAPI closes it after the answer
    yield "open"


def test_what_a_plan_does_not_know_it_refuses() -> None:
    def waits(name: Annotated[str, Depends(who)]) -> None: ...

    async def holds(it: Annotated[str, Depends(opened)]) -> None: ...

    for endpoint in (waits, holds):
        with pytest.raises(NoPlan):
            Plan(get_dependant(path="/", call=endpoint))
