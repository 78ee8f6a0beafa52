"""The pages: server-rendered, working without scripts, showing each reader what lies in the scope of their grants."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.reporting.page.details import kpi_page, portfolio_page, trail_page
from services.reporting.page.overview import overview
from services.reporting.page.rendering import Renderer
from services.reporting.page.visiting import Names, Visit
from services.reporting.queries.ground import Reporting
from shared.refusals import Refused
from shared.runtime.asking import perhaps_signed_in
from shared.runtime.principals import Principal

Model = Callable[[Visit], Awaitable[dict[str, Any]]]
HOME: Final = "/"


def pages(reporting: Reporting, names: Names) -> APIRouter:
    """The overview at `/` and the pages behind it. Without a session there is only the way in."""
    routes = APIRouter(include_in_schema=False)
    renderer = Renderer(reporting.bundle.tiers)

    async def show(request: Request, template: str, model: Model) -> Response:
        who = await _reader(request)
        if who is None:
            return renderer.entrance(200 if request.url.path == HOME else 401, example=reporting.example)
        visit = Visit(request, who, reporting.clock(), names)
        try:
            return renderer.page(template, {**await model(visit), "frozen": await reporting.frozen()})
        except Refused as refused:
            person = await visit.who_is_who([])
            return renderer.refusal(refused, person(who.person), example=reporting.example)

    @routes.get(HOME)
    async def home(request: Request) -> Response:
        return await show(request, "home.html", lambda visit: overview(reporting, visit))

    @routes.get("/kpis/{kpi}")
    async def one_kpi(kpi: str, request: Request) -> Response:
        return await show(request, "kpi.html", lambda visit: kpi_page(reporting, visit, kpi))

    @routes.get("/portfolio")
    async def systems(request: Request) -> Response:
        return await show(request, "portfolio.html", lambda visit: portfolio_page(reporting, visit))

    @routes.get("/trail")
    async def facts(request: Request) -> Response:
        return await show(request, "trail.html", lambda visit: trail_page(reporting, visit))

    @routes.get("/assets/{digest}/{name}")
    async def asset(digest: str, name: str) -> Response:
        found = renderer.assets.get(name)
        if found is None or found.address != f"/assets/{digest}/{name}":
            raise Refused("not-found", "there is no such file")
        return found.response()

    return routes


async def _reader(request: Request) -> Principal | None:
    """Who reads; None also for a session that has ended: the way in is the answer to both."""
    try:
        return await perhaps_signed_in(request)
    except Refused as refused:
        if refused.code == "unauthenticated":
            return None
        raise
