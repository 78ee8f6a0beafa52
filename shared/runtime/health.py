"""What every process answers about itself: alive, ready, its metrics, and what its problem codes mean."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from shared.refusals import CATALOGUE, Refused
from shared.runtime.explanations import EXPLANATIONS
from shared.runtime.problems import problem
from shared.runtime.service import Check

CHECK_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)


def health_router(readiness: Mapping[str, Check], registry: CollectorRegistry) -> APIRouter:
    """`/healthz`, `/readyz`, `/metrics` and `/problems/{code}`."""
    routes = APIRouter(tags=["process"])

    @routes.get("/healthz", summary="The process is alive")
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/readyz", summary="Every part this needs answers", response_model=None)
    async def ready(request: Request) -> Response:
        names = list(readiness)
        answers = await asyncio.gather(*(_answer(name, readiness[name]) for name in names))
        told = [(f"{name}: {words}", fails) for name, (words, fails) in zip(names, answers, strict=True) if words]
        if any(fails for _, fails in told):
            details = [{"detail": words} for words, _ in told]
            return problem(request, Refused("unavailable", "not everything this needs answers", details))
        return JSONResponse({"status": "ready", "checks": names, "remarks": [words for words, _ in told]})

    @routes.get("/metrics", summary="Metrics for Prometheus", response_class=PlainTextResponse)
    async def metrics(request: Request) -> Response:
        encode, media_type = _encoder(request.headers.get("accept", ""))
        # A collector may read a projection: off the loop, so that a scrape never delays a request.
        return Response(await asyncio.to_thread(encode, registry), headers={"Content-Type": media_type})

    @routes.get("/problems/{code}", summary="What a problem code means", response_class=PlainTextResponse)
    async def explain(code: str) -> str:
        if code not in CATALOGUE:
            raise Refused("not-found", "no problem has that code")
        status, title = CATALOGUE[code]
        return f"{code}: HTTP {status}\n\n{title}.\n\n{EXPLANATIONS[code]}\n"

    return routes


def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):  # a version that is not a number: prometheus-client 0.26 compares it unchecked
        return choose_encoder("")


async def _answer(name: str, check: Check) -> tuple[str, bool]:
    """What there is to say about a part, empty for nothing, and whether it fails."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check() or "", False
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:g} s", True
    except Refused as refused:  # in words for whoever asks
        return refused.detail, True
    except Exception as error:  # noqa: BLE001 - whatever a part fails with is the answer to the question
        log.warning("a part does not answer", part=name, error=repr(error))
        return type(error).__name__, True
