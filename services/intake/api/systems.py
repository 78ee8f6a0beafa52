"""Endpoints of systems: the portfolio, one system, and what became of it."""

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.intake.adapters.directory import Directory
from services.intake.api.asking import CURATORS, PROPOSERS, SUBMITTERS, Asker
from services.intake.api.models import Change, Filter, Launched, Merged, Override, PathId, Retired, person_named
from services.intake.api.pages import Pages
from services.intake.api.shapes import SystemPage, SystemReceipt
from services.intake.domain.commands import Source
from services.intake.handlers.overriding import Proposal
from services.intake.handlers.systems import place_of
from services.intake.handlers.telling import registered
from services.intake.handlers.use_cases import UseCases
from services.intake.queries.lists import Queries, Wanted
from services.intake.queries.rows import SystemRow
from shared.refusals import Refused
from shared.runtime.answers import Listing, listing, receipt_of
from shared.runtime.asking import Acting, IdempotencyKey, Paging, Signed
from shared.runtime.etags import etag
from shared.runtime.routing import json_router


def router(cases: UseCases, queries: Queries, directory: Directory, pages: Pages) -> APIRouter:
    """The endpoints under `/intake/v1/systems`."""
    routes = json_router("/intake/v1", "intake")

    @routes.get("/systems", summary="The portfolio")
    async def systems(
        who: Signed,
        page: Paging,
        tier: Filter = None,
        stage: Filter = None,
        product_area: Filter = None,
        external_key: Filter = None,
        live: bool | None = Query(None),
    ) -> Listing[SystemRow]:
        wanted = Wanted(tier=tier, stage=stage, product_area=product_area, external_key=external_key, live=live)
        items, cursor = await queries.systems(who.reach(), wanted, page)
        return listing(items, cursor)

    @routes.get("/systems/{system_id}", summary="A system as its own stream tells it")
    async def system(system_id: PathId, who: Signed, response: Response) -> SystemPage:
        seen = await cases.systems.read(system_id)
        if not who.sees(place_of(registered(seen.state))):
            raise Refused("not-found", "")
        response.headers["ETag"] = etag(seen.past.version)
        return await pages.of(seen)

    @routes.post("/systems/{system_id}/changes", status_code=201, summary="Declare a material change")
    async def change(
        system_id: PathId, body: Change, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> SystemReceipt:
        owner = None if body.owner is None else await directory.person(person_named(body.owner), "#/owner")
        by, source = Asker(who, acting).by(key, *SUBMITTERS), Source(origin="api")
        receipt = await cases.describing.declare_change(system_id, body.summary, body.edits(owner), by, source)
        return receipt_of(SystemReceipt, receipt)

    @routes.post("/systems/{system_id}/launches", status_code=201, summary="Report that a version went live")
    async def launch(
        system_id: PathId, body: Launched, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> SystemReceipt:
        by = Asker(who, acting).by(key, *SUBMITTERS)
        return receipt_of(SystemReceipt, await cases.living.launch(system_id, body.version, body.launched_at, by))

    @routes.post("/systems/{system_id}/retirement", summary="Take a system out of use")
    async def retire(
        system_id: PathId, body: Retired, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> SystemReceipt:
        by = Asker(who, acting).by(key, *SUBMITTERS)
        return receipt_of(SystemReceipt, await cases.living.retire(system_id, body.reason, body.retired_at, by))

    @routes.post("/systems/{system_id}/merge", summary="End a duplicate of another system")
    async def merge(system_id: PathId, body: Merged, who: Signed, acting: Acting, key: IdempotencyKey) -> SystemReceipt:
        by = Asker(who, acting).by(key, *CURATORS)
        return receipt_of(SystemReceipt, await cases.living.merge(system_id, body.into, body.reason, by))

    @routes.post("/systems/{system_id}/overrides", status_code=201, summary="Ask the board for another tier")
    async def override(
        system_id: PathId, body: Override, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> SystemReceipt:
        named = body.accountable_owner
        owner = None if named is None else await directory.person(person_named(named), "#/accountable_owner")
        proposal = Proposal(
            from_tier=body.from_tier,
            round=body.round,
            to_tier=body.to_tier,
            rationale=body.rationale,
            accountable_owner=owner,
        )
        by = Asker(who, acting).by(key, *PROPOSERS)
        return receipt_of(SystemReceipt, await cases.overriding.propose(system_id, proposal, by))

    return routes
