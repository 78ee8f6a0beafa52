"""Endpoints of overrides: what is before the board, votes, the decision, stepping back."""

from dataclasses import dataclass
from typing import Any, cast

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from services.review.adapters.directory import Directory
from services.review.api.answers import shown
from services.review.api.asking import actor_of, person_of
from services.review.api.models import OverrideClosing, OverrideVote, StandingBack
from services.review.api.override_shapes import OverrideOut, OverrideReceipt
from services.review.api.reviews import Filter
from services.review.domain.circumstances import Circumstances
from services.review.domain.override import BeforeBoard, Lapsed, Ruled, State, Untabled, acquainted
from services.review.domain.override_commands import CloseOn, VoteOn
from services.review.domain.overriding import tally
from services.review.handlers.overrides import Overrides, SeenOverride
from services.review.queries.lists import Queries
from services.review.queries.rows import OverrideRow
from shared.refusals import Refused
from shared.runtime.answers import Listing, listing, receipt_of
from shared.runtime.asking import Acting, IdempotencyKey, Paging, Signed
from shared.runtime.etags import etag
from shared.runtime.people import People
from shared.runtime.principals import Principal
from shared.runtime.routing import json_router


@dataclass(frozen=True, slots=True)
class Overriding:
    """What every endpoint of an override goes through: the override within one's scope, and who is who."""

    overrides: Overrides
    directory: Directory
    people: People

    async def seen(self, override_id: str, who: Principal) -> SeenOverride:
        """The override; raises `Refused("not-found")` for one that is absent or outside of one's scope, alike."""
        seen = await self.overrides.read(override_id)
        if isinstance(seen.state, Untabled) or not _within(who, seen):
            raise Refused("not-found", "")
        return seen

    async def page(self, seen: SeenOverride) -> OverrideOut:
        """Everything that is known of it, with people's names resolved as they are read."""
        override, votes = seen.override, seen.override.votes.values()
        tabled = override.tabled
        named = {tabled.accountable_owner, tabled.proposed_by, *override.recused, *(one.by for one in votes)}
        cards = await self.people.cards(sorted(named))
        page = {
            **msgspec.to_builtins(tabled),
            "id": seen.override_id,
            "version": seen.version,
            "state": _word(seen.state),
            "accountable_owner": shown(tabled.accountable_owner, cards),
            "proposed_by": shown(tabled.proposed_by, cards),
            "votes": [msgspec.to_builtins(one) | {"by": shown(one.by, cards)} for one in votes],
            "tally": await self._tally(seen),
            "recused": [shown(one, cards) for one in sorted(override.recused)],
            "decision": msgspec.to_builtins(seen.state.decision) if isinstance(seen.state, Ruled) else None,
            "lapsed": seen.state.lapsed.reason if isinstance(seen.state, Lapsed) else None,
        }
        return cast(OverrideOut, page)

    async def _tally(self, seen: SeenOverride) -> Any:
        authority = await self.overrides.authority()
        state = acquainted(seen.state, authority.identities)
        if not isinstance(state, BeforeBoard):
            return None
        at = Circumstances(now=seen.now, rules=self.overrides.rules, authority=authority, ids=lambda name: name)
        return msgspec.to_builtins(tally(state.override, at))  # null where the policy gives the board no such vote


def router(overriding: Overriding, queries: Queries) -> APIRouter:
    """The endpoints under `/review/v1/overrides`."""
    routes = json_router("/review/v1/overrides", "review")

    @routes.get("", summary="Proposals to override a tier, in the order in which they were made")
    async def overrides(
        who: Signed, page: Paging, state: Filter = None, system_id: Filter = None
    ) -> Listing[OverrideRow]:
        return listing(*await queries.overrides(who.reach(), state, system_id, page))

    @routes.get("/{override_id}", summary="An override as its own stream tells it")
    async def override(override_id: str, who: Signed, response: Response) -> OverrideOut:
        seen = await overriding.seen(override_id, who)
        response.headers["ETag"] = etag(seen.version)
        return await overriding.page(seen)

    _ruling(routes, overriding)
    return routes


def _ruling(routes: APIRouter, overriding: Overriding) -> None:
    @routes.post("/{override_id}/votes", status_code=201, summary="Vote as a member of the board")
    async def vote(
        override_id: str, body: OverrideVote, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> OverrideReceipt:
        seen = await overriding.seen(override_id, who)
        command = VoteOn(
            actor=await actor_of(overriding.directory, who, body.on_behalf_of),
            choice=body.choice,
            rationale=body.rationale,
            proposal_digest=body.proposal_digest,
            policy_digest=body.policy_digest,
        )
        return receipt_of(OverrideReceipt, await overriding.overrides.do(seen, command, acting, key))

    @routes.post("/{override_id}/decision", status_code=201, summary="Close the board's vote: the votes decide")
    async def decide(
        override_id: str, body: OverrideClosing, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> OverrideReceipt:
        seen = await overriding.seen(override_id, who)
        command = CloseOn(
            actor=await actor_of(overriding.directory, who, body.on_behalf_of),
            rationale=body.rationale,
            options=body.options,
            proposal_digest=body.proposal_digest,
            policy_digest=body.policy_digest,
        )
        return receipt_of(OverrideReceipt, await overriding.overrides.do(seen, command, acting, key))

    @routes.post("/{override_id}/recusals", status_code=201, summary="Step back from the override")
    async def step_back(
        override_id: str, body: StandingBack, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> OverrideReceipt:
        seen, actor = await overriding.seen(override_id, who), await actor_of(overriding.directory, who)
        people = overriding.people
        receipt = await overriding.overrides.step_back(seen, actor, body.reason, people, acting, key)
        return receipt_of(OverrideReceipt, receipt)


def _within(who: Principal, seen: SeenOverride) -> bool:
    return who.sees(seen.place) or person_of(who) in seen.override.requesting


def _word(state: State) -> str:
    match state:
        case BeforeBoard():
            return "before_board"
        case Ruled(decision=decision):
            return decision.outcome
        case Lapsed() | Untabled():
            return type(state).__name__.lower()
