"""Endpoints with which people rule: sign-offs, votes, decisions, recusals, assignments, conditions met."""

from fastapi import APIRouter

from services.review.api.asking import Door
from services.review.api.models import Assignment, Closing, Met, Recusal, SignOff, Vote
from services.review.api.shapes import ReviewReceipt
from services.review.domain import commands
from services.review.handlers.recusing import Recusing
from shared.runtime.answers import receipt_of
from shared.runtime.asking import Acting, IdempotencyKey, Signed
from shared.runtime.routing import json_router


def router(door: Door, recusing: Recusing) -> APIRouter:
    """The rulings under `/review/v1/reviews/{review_id}`."""
    routes = json_router("/review/v1/reviews/{review_id}", "review")
    _disciplines(routes, door, recusing)
    _board(routes, door)
    return routes


def _disciplines(routes: APIRouter, door: Door, recusing: Recusing) -> None:
    @routes.post("/sign-offs", status_code=201, summary="Give a discipline's verdict")
    async def sign_off(
        review_id: str, body: SignOff, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> ReviewReceipt:
        seen = await door.seen(review_id, who)
        command = commands.SignOff(
            actor=await door.actor(who, seen, body.on_behalf_of),
            discipline=body.discipline,
            verdict=body.verdict,
            reason=body.reason,
            evidence_digest=body.evidence_digest,
            policy_digest=body.policy_digest,
            conditions=await door.proposed(body.conditions),
        )
        return receipt_of(ReviewReceipt, await door.reviews.do(seen, command, acting, key))

    @routes.post("/assignments", status_code=201, summary="Put a sign-off into a reviewer's hands")
    async def assign(
        review_id: str, body: Assignment, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> ReviewReceipt:
        seen = await door.seen(review_id, who)
        reviewer = await door.directory.person(body.reviewer, "#/reviewer")
        actor = await door.actor(who, seen, body.on_behalf_of)
        command = commands.Assign(actor=actor, discipline=body.discipline, reviewer=reviewer)
        return receipt_of(ReviewReceipt, await door.reviews.do(seen, command, acting, key))

    @routes.post("/recusals", status_code=201, summary="Step back from the review")
    async def recuse(review_id: str, body: Recusal, who: Signed, acting: Acting, key: IdempotencyKey) -> ReviewReceipt:
        seen = await door.seen(review_id, who)
        actor = await door.actor(who, seen)
        return receipt_of(ReviewReceipt, await recusing.recuse(seen, actor, body.capacity, body.reason, acting, key))


def _board(routes: APIRouter, door: Door) -> None:
    @routes.post("/votes", status_code=201, summary="Vote as a member of the board")
    async def vote(review_id: str, body: Vote, who: Signed, acting: Acting, key: IdempotencyKey) -> ReviewReceipt:
        seen = await door.seen(review_id, who)
        command = commands.Vote(
            actor=await door.actor(who, seen, body.on_behalf_of),
            choice=body.choice,
            rationale=body.rationale,
            evidence_digest=body.evidence_digest,
            policy_digest=body.policy_digest,
            confirms=body.confirms,
        )
        return receipt_of(ReviewReceipt, await door.reviews.do(seen, command, acting, key))

    @routes.post("/decision", status_code=201, summary="Close the board's vote: the votes decide")
    async def decide(review_id: str, body: Closing, who: Signed, acting: Acting, key: IdempotencyKey) -> ReviewReceipt:
        seen = await door.seen(review_id, who)
        owner = body.accountable_owner
        command = commands.CloseVote(
            actor=await door.actor(who, seen, body.on_behalf_of),
            rationale=body.rationale,
            options=body.options,
            evidence_digest=body.evidence_digest,
            policy_digest=body.policy_digest,
            conditions=await door.proposed(body.conditions),
            accountable_owner=None if owner is None else await door.directory.person(owner, "#/accountable_owner"),
        )
        return receipt_of(ReviewReceipt, await door.reviews.do(seen, command, acting, key))

    @routes.post("/conditions/{condition_id}/met", status_code=201, summary="Confirm that a condition was fulfilled")
    async def met(
        review_id: str, condition_id: str, body: Met, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> ReviewReceipt:
        seen = await door.seen(review_id, who)
        command = commands.MeetCondition(
            actor=await door.actor(who, seen, body.on_behalf_of),
            condition_id=condition_id,
            evidence_digest=body.evidence_digest,
        )
        return receipt_of(ReviewReceipt, await door.reviews.do(seen, command, acting, key))
