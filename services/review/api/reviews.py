"""Endpoints of reviews: the list, one review, its clocks, and what the submitter does."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.review.api.asking import Door
from services.review.api.models import Answer
from services.review.api.pages import Pages
from services.review.api.shapes import ReviewClocks, ReviewOut, ReviewReceipt
from services.review.domain import commands
from services.review.queries.lists import Queries, Wanted
from services.review.queries.rows import ReviewRow
from shared.runtime.answers import Listing, listing, receipt_of
from shared.runtime.asking import Acting, IdempotencyKey, Paging, Signed
from shared.runtime.etags import etag
from shared.runtime.routing import json_router

Filter = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]


def router(door: Door, pages: Pages, queries: Queries) -> APIRouter:
    """The endpoints under `/review/v1/reviews`."""
    routes = json_router("/review/v1/reviews", "review")
    _reading(routes, door, pages, queries)
    _submitting(routes, door, queries)
    return routes


def _reading(routes: APIRouter, door: Door, pages: Pages, queries: Queries) -> None:
    @routes.get("", summary="Reviews: what is due first, then what is over")
    async def reviews(
        who: Signed,
        page: Paging,
        state: Filter = None,
        tier: Filter = None,
        system_id: Filter = None,
        product_area: Filter = None,
    ) -> Listing[ReviewRow]:
        wanted = Wanted(state=state, tier=tier, system_id=system_id, product_area=product_area)
        return listing(*await queries.reviews(who.reach(), wanted, page))

    @routes.get("/{review_id}", summary="A review as its own stream tells it")
    async def review(review_id: str, who: Signed, response: Response) -> ReviewOut:
        seen = await door.seen(review_id, who)
        response.headers["ETag"] = etag(seen.version)
        return await pages.of(seen)

    @routes.get("/{review_id}/clock", summary="Who held the ball, for how long")
    async def clock(review_id: str, who: Signed) -> ReviewClocks:
        return pages.clock(await door.seen(review_id, who))


def _submitting(routes: APIRouter, door: Door, queries: Queries) -> None:
    @routes.post("/{review_id}/submission", status_code=201, summary="Hand the evidence in")
    async def submit(review_id: str, who: Signed, acting: Acting, key: IdempotencyKey) -> ReviewReceipt:
        seen = await door.seen(review_id, who)
        digests = {one.artefact_id: one.digest for one in seen.case.evidence.values()}
        elsewhere = await queries.elsewhere(seen.case.opened.system_id, digests)
        command = commands.Submit(actor=await door.actor(who, seen), elsewhere=elsewhere)
        return receipt_of(ReviewReceipt, await door.reviews.do(seen, command, acting, key))

    @routes.post("/{review_id}/answers", status_code=201, summary="Answer what a discipline asked for")
    async def answer(review_id: str, body: Answer, who: Signed, acting: Acting, key: IdempotencyKey) -> ReviewReceipt:
        seen = await door.seen(review_id, who)
        command = commands.Answer(actor=await door.actor(who, seen), text=body.answer)
        return receipt_of(ReviewReceipt, await door.reviews.do(seen, command, acting, key))
