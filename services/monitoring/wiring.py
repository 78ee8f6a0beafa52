"""Builds monitoring once, by hand. So far it consumes the log and answers for its health; it records nothing yet."""

from typing import Final

from services.monitoring.consumer import projection
from shared.log.projector import Projector
from shared.log.views import open_views
from shared.runtime.parts import Parts
from shared.runtime.service import Service

NAME: Final = "monitoring"


async def build(parts: Parts) -> Service:
    """Monitoring, ready to play any role."""
    store = parts.stores[NAME]
    views = await open_views(parts.settings.views_url(NAME), projection())

    projector = Projector(parts.new_reader(), views)

    async def store_answers() -> None:
        await store.head()

    async def views_answer() -> None:
        async with views.reading():
            pass

    return Service(
        name=NAME,
        store=store,
        aclose=views.close,
        views=views,
        projections=[projector],
        consumers=[projector],
        readiness={"store": store_answers, "views": views_answer},
    )
