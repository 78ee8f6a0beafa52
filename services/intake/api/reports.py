"""Endpoints for what other systems and people report: discoveries, training, and of people: forgetting, joining."""

from typing import Final

from fastapi import APIRouter

from services.intake.adapters.directory import Directory
from services.intake.api.asking import CURATORS, SUBMITTERS, Asker
from services.intake.api.models import Completed, Discovered, DiscoveryOutcome, Joined, PathId, person_named
from services.intake.api.shapes import ShortReceipt
from services.intake.domain.discoveries import Discover, Settle
from services.intake.handlers.training import Completion
from services.intake.handlers.use_cases import UseCases
from services.intake.queries.lists import Queries
from services.intake.queries.rows import DiscoveryRow
from shared.runtime.answers import Listing, listing, receipt_of
from shared.runtime.asking import Acting, IdempotencyKey, Paging, Signed
from shared.runtime.routing import json_router
from shared.store.handling import Ids

_TRAINERS: Final = ("service", "programme_manager")


def router(cases: UseCases, queries: Queries, directory: Directory) -> APIRouter:
    """The endpoints."""
    routes = json_router("/intake/v1", "intake")

    @routes.post("/discoveries", status_code=201, summary="Report an AI system found in use and not registered")
    async def discover(body: Discovered, who: Signed, acting: Acting, key: IdempotencyKey) -> ShortReceipt:
        found = Discover(
            discovery_id=Ids(cases.systems.installation, key)("discovery"),
            name=body.name,
            found_by=body.found_by,
            found_in=body.found_in,
            business_unit=body.business_unit,
            product_area=body.product_area,
            live=body.live,
        )
        by = Asker(who, acting).by(key, *SUBMITTERS)
        return receipt_of(ShortReceipt, await cases.discoveries.report(found, body.discovered_at, by))

    @routes.get("/discoveries", summary="Discoveries that are open")
    async def discoveries(who: Signed, page: Paging) -> Listing[DiscoveryRow]:
        items, cursor = await queries.discoveries(who.reach(), page)
        return listing(items, cursor)

    @routes.post("/discoveries/{discovery_id}/outcome", summary="Say what a discovery turned out to be")
    async def settle(
        discovery_id: PathId, body: DiscoveryOutcome, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> ShortReceipt:
        by = Asker(who, acting).by(key, *CURATORS)
        settling = Settle(system_id=body.system_id, reason=body.reason)
        return receipt_of(ShortReceipt, await cases.discoveries.settle(discovery_id, settling, by))

    @routes.post("/training/completions", status_code=201, summary="Report a completed course")
    async def complete(body: Completed, who: Signed, acting: Acting, key: IdempotencyKey) -> ShortReceipt:
        who.require(*_TRAINERS)
        completion = Completion(
            person=await directory.person(person_named(body.person), "#/person"),
            course=body.course,
            course_version=body.course_version,
            completed_at=body.completed_at,
            source=body.source,
            score=body.score,
        )
        return receipt_of(
            ShortReceipt, await cases.training.complete(completion, Asker(who, acting).by(key, *_TRAINERS))
        )

    @routes.post("/people/{person}/forget", summary="Destroy what the directory holds of a person")
    async def forget(person: PathId, who: Signed, acting: Acting, key: IdempotencyKey) -> ShortReceipt:
        who.require("administrator")
        return receipt_of(
            ShortReceipt, await cases.forgetting.forget(person, Asker(who, acting).by(key, "administrator"))
        )

    @routes.post("/people/{person}/joinings", status_code=201, summary="Say that another id is this person's as well")
    async def join(person: PathId, body: Joined, who: Signed, acting: Acting, key: IdempotencyKey) -> ShortReceipt:
        who.require("administrator")
        by = Asker(who, acting).by(key, "administrator")
        return receipt_of(ShortReceipt, await cases.joining.join(person, body.other, body.reason, by))

    return routes
