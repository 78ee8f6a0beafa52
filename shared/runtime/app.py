"""The application every process that answers HTTP builds: routers of services, and what holds for all of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from shared.refusals import Refused
from shared.runtime.authenticator import Authenticator
from shared.runtime.declared import declare_problems
from shared.runtime.edge import Edge, Hosts, opens_a_session
from shared.runtime.health import health_router
from shared.runtime.in_flight import InFlight
from shared.runtime.links import declare_links
from shared.runtime.methods import Methods
from shared.runtime.problems import FAILURES, RESPONSES, Problem, problem, refusal_of
from shared.runtime.rate_limits import RateLimiter
from shared.runtime.service import Check
from shared.runtime.settings import Settings
from shared.runtime.shapes import declare_answers

VERSION = "1"


def create_app(
    *,
    title: str,
    routers: Sequence[APIRouter],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    authenticator: Authenticator,
    settings: Settings,
    readiness: Mapping[str, Check],
    registry: CollectorRegistry,
) -> FastAPI:
    """An application with these routers; `readiness` names what must answer before traffic may come.

    `registry` takes the HTTP metrics and is what `/metrics` shows.
    """
    app = FastAPI(
        title=title,
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,  # the page would load scripts from a foreign host, which our policy forbids
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"metrics": False, "logs": False, "operation_spans": False, "exclude": opens_a_session},
    )
    routers = (*routers, health_router(readiness, registry))
    app.state.authenticator, app.state.limiter = authenticator, RateLimiter(settings.requests_per_minute)
    app.state.in_flight, app.state.methods = InFlight(), Methods(routers)
    for kind in (Refused, RequestValidationError, HTTPException, *FAILURES):
        app.add_exception_handler(kind, _refuse)
    app.add_middleware(Edge, hosts=Hosts(settings.allowed_hosts), https=_is_https(settings), registry=registry)
    app.router.routes.extend(_declaring_refusals(routers))
    app.openapi = _document(app, routers)  # type: ignore[method-assign]  # how FastAPI documents extending the document
    return app


def _declaring_refusals(routers: Sequence[APIRouter]) -> Iterator[BaseRoute]:
    """The routes themselves: a router included in FastAPI's way is built again, and matched twice for every request."""
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute):
            route.responses = {**RESPONSES, **route.responses}
        yield route


def _is_https(settings: Settings) -> bool:
    return (settings.public_url or "").startswith("https://")


async def _refuse(request: Request, error: Exception) -> Response:
    refused, headers = refusal_of(error), getattr(error, "headers", None)
    if refused.code == "method-not-allowed" and (allowed := request.app.state.methods.allowed(request.scope["path"])):
        headers = {"Allow": allowed}
    return problem(request, refused, headers)


def _document(app: FastAPI, routers: Sequence[APIRouter]) -> Callable[[], dict[str, Any]]:
    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, routes=app.routes)
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            problem_schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem_schema.pop("$defs"), Problem=problem_schema)
            declare_answers(made, routers)
            declare_links(made)
            declare_problems(made)
            app.openapi_schema = made
        return app.openapi_schema

    return document
