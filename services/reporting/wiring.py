"""Builds reporting once, by hand, from what a process shares."""

import asyncio
from functools import partial
from typing import Final

from fastapi import APIRouter

from services.reporting.adapters.logs import policies_in
from services.reporting.consumer import SERVICES, projection
from services.reporting.metrics import KpiCollector
from services.reporting.queries.ground import Reporting
from services.reporting.verification import Verifier
from shared.log.projector import Projector
from shared.log.views import Views, open_views
from shared.runtime.parts import Parts
from shared.runtime.people import People
from shared.runtime.service import Service
from shared.transparency.tile_store import TileStore

NAME: Final = "reporting"


async def build(parts: Parts) -> Service:
    """Reporting, ready to play any role."""
    store = parts.stores[NAME]
    views = await open_views(parts.settings.views_url(NAME), projection())
    reporting = Reporting(
        views=views,
        clock=parts.clock,
        bundle=parts.bundle,
        example=parts.example,
        guards={name: each.guard for name, each in parts.stores.items()},
    )
    parts.registry.register(KpiCollector(reporting, asyncio.get_running_loop()))

    projector = Projector(parts.new_reader(), views)

    async def store_answers() -> None:
        await store.head()

    async def views_answer() -> None:
        async with views.reading():
            pass

    return Service(
        name=NAME,
        store=store,
        routers=partial(_routers, reporting, parts.people),
        aclose=views.close,
        views=views,
        projections=[projector],
        consumers=[projector],
        starters=[_verifier(parts, views)],
        readiness={"store": store_answers, "views": views_answer},
    )


def _routers(reporting: Reporting, people: People) -> list[APIRouter]:
    from services.reporting.api import router
    from services.reporting.page import pages

    return [router(reporting), pages(reporting, people.cards)]


def _verifier(parts: Parts, views: Views) -> Verifier:
    tiles = parts.settings.path("tiles_folder")
    return Verifier(
        parts.stores[NAME],
        views,
        {service: TileStore(tiles / service) for service in SERVICES},
        policies_in(parts.settings.witness_folder),
        parts.clock,
    )
