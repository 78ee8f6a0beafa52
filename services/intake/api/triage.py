"""Endpoints of triage: the queue, confirmations one by one and in bulk, questions to the submitter."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter

from services.intake.api.answers import listing, receipt_of
from services.intake.api.asking import Asker
from services.intake.api.models import BulkConfirmation, Confirmation, ConfirmationOf, Question
from services.intake.api.problems import problem_of
from services.intake.handlers.use_cases import UseCases
from services.intake.queries import Queries
from shared.refusals import Refused
from shared.runtime.asking import Acting, IdempotencyKey, Paging, Signed
from shared.runtime.routing import json_router
from shared.store.port import Key


def router(cases: UseCases, queries: Queries, confirmers: tuple[str, ...]) -> APIRouter:
    """The endpoints; `confirmers` are the roles that the authority matrix lets confirm a tier."""
    routes = json_router("/intake/v1", "intake")

    @routes.get("/triage", summary="What waits for a ruling, gravest first, with due times")
    async def queue(who: Signed, page: Paging) -> dict[str, Any]:
        items, cursor = await queries.triage(who.reach(), page)
        return listing(items, cursor)

    @routes.post("/intakes/{intake_id}/confirm", summary="Confirm the proposed tier, or a higher one")
    async def confirm(
        intake_id: str, body: Confirmation, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> dict[str, Any]:
        by = Asker(who, acting).by(key, *confirmers)
        receipt = await cases.triaging.confirm(intake_id, body.tier, body.revision, body.reason, by)
        return receipt_of(receipt)

    @routes.post("/triage:confirm", summary="Confirm several tiers for one reason; each is ruled on by itself")
    async def confirm_several(
        body: BulkConfirmation, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> dict[str, Any]:
        asker = Asker(who, acting)
        results = []
        for item in body.items:
            results.append(await _ruled(item, body.reason, asker, key))
        return listing(results, None)

    @routes.post("/intakes/{intake_id}/request-answers", summary="Send an intake back for answers")
    async def request_answers(
        intake_id: str, body: Question, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> dict[str, Any]:
        by = Asker(who, acting).by(key, *confirmers)
        return receipt_of(await cases.triaging.request_answers(intake_id, body.attributes, body.reason, by))

    async def _ruled(item: ConfirmationOf, reason: str, asker: Asker, key: Key) -> dict[str, Any]:
        own = replace(key, value=f"{key.value}\n{item.intake_id}")
        by = asker.by(own, *confirmers)
        try:
            receipt = await cases.triaging.confirm(item.intake_id, item.tier, item.revision, reason, by)
        except Refused as refused:
            return {"intake_id": item.intake_id, "status": refused.status, "problem": problem_of(refused)}
        return {"intake_id": item.intake_id, "status": 200, **receipt_of(receipt)}

    return routes
