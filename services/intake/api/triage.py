"""Endpoints of triage: the queue, confirmations one by one and in bulk, questions to the submitter."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol, TypeVar, cast

from fastapi import APIRouter

from services.intake.api.asking import SUBMITTERS, Asker
from services.intake.api.models import (
    Beginning,
    BeginningOf,
    BulkConfirmation,
    Confirmation,
    ConfirmationOf,
    PathId,
    Question,
)
from services.intake.api.problems import problem_of
from services.intake.api.shapes import Ruled, SystemReceipt
from services.intake.handlers.use_cases import UseCases
from services.intake.queries.lists import Queries
from services.intake.queries.rows import Waiting
from shared.refusals import Refused
from shared.runtime.answers import Listing, listing, receipt_of
from shared.runtime.asking import Acting, IdempotencyKey, Paging, Signed
from shared.runtime.problems import FAILURES, refusal_of
from shared.runtime.routing import json_router
from shared.store.port import Key, Receipt

AT_ONCE: Final = 16


def router(cases: UseCases, queries: Queries, confirmers: tuple[str, ...]) -> APIRouter:
    """The endpoints; `confirmers` are the roles that the authority matrix lets confirm a tier."""
    routes = json_router("/intake/v1", "intake")

    @routes.get("/triage", summary="What waits for a ruling, gravest first, with due times")
    async def queue(who: Signed, page: Paging) -> Listing[Waiting]:
        items, cursor = await queries.triage(who.reach(), page)
        return listing(items, cursor)

    @routes.post("/intakes/{intake_id}/confirm", summary="Confirm the proposed tier, or a higher one")
    async def confirm(
        intake_id: PathId, body: Confirmation, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> SystemReceipt:
        by = Asker(who, acting).by(key, *confirmers)
        receipt = await cases.triaging.confirm(intake_id, body.tier, body.revision, body.reason, by)
        return receipt_of(SystemReceipt, receipt)

    @routes.post("/triage:confirm", summary="Confirm several tiers for one reason; each is ruled on by itself")
    async def confirm_several(
        body: BulkConfirmation, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> Listing[Ruled]:
        asker = Asker(who, acting)

        async def ruled(item: ConfirmationOf, own: Key) -> Receipt:
            by = asker.by(own, *confirmers)
            return await cases.triaging.confirm(item.intake_id, item.tier, item.revision, body.reason, by)

        return listing(await _each(body.items, key, ruled), None)

    @routes.post("/triage:begin", summary="Take up intakes that wait without a clock")
    async def begin(body: Beginning, who: Signed, acting: Acting, key: IdempotencyKey) -> Listing[Ruled]:
        asker = Asker(who, acting)

        async def begun(item: BeginningOf, own: Key) -> Receipt:
            return await cases.triaging.begin(item.intake_id, item.business_days, asker.by(own, *SUBMITTERS))

        return listing(await _each(body.items, key, begun), None)

    @routes.post("/intakes/{intake_id}/request-answers", summary="Send an intake back for answers")
    async def request_answers(
        intake_id: PathId, body: Question, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> SystemReceipt:
        by = Asker(who, acting).by(key, *confirmers)
        return receipt_of(
            SystemReceipt, await cases.triaging.request_answers(intake_id, body.attributes, body.reason, by)
        )

    return routes


_ANSWERED: Final[tuple[type[Exception], ...]] = (Refused, *FAILURES)


class _OfAnIntake(Protocol):
    @property
    def intake_id(self) -> str: ...


Item = TypeVar("Item", bound=_OfAnIntake)


async def _each(items: Sequence[Item], key: Key, act: Callable[[Item, Key], Awaitable[Receipt]]) -> list[Ruled]:
    """The result of each item, side by side; each has a key of its own within that of the request."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def result(item: Item) -> Ruled:
        async with turns:
            try:
                receipt = await act(item, replace(key, value=f"{key.value}\n{item.intake_id}"))
            except _ANSWERED as error:
                refused = refusal_of(error)
                return {"intake_id": item.intake_id, "status": refused.status, "problem": problem_of(refused)}
            return cast(Ruled, {"status": 200, **receipt_of(SystemReceipt, receipt)})

    return await asyncio.gather(*(result(item) for item in items))
