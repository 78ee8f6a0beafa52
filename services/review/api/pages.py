"""One review as a page: read from its stream, so that what was just written is there."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any, cast

import msgspec

from services.review.api.answers import shown
from services.review.api.shapes import ConditionOut, EndOut, ReviewClocks, ReviewOut, RoundClock, SignOffOut
from services.review.domain import board
from services.review.domain.case import (
    AwaitingAnswers,
    Case,
    Decided,
    Gathering,
    InReview,
    State,
    Unopened,
    Withdrawn,
    acquainted,
)
from services.review.domain.circumstances import Circumstances
from services.review.domain.explanation import explain
from services.review.handlers.reviews import Reviews, Seen
from shared.events.envelope import stamp
from shared.runtime.people import Card, People

_STATES: dict[type, str] = {
    Unopened: "unopened",
    Gathering: "gathering",
    InReview: "in_review",
    AwaitingAnswers: "awaiting_answers",
    Decided: "decided",
    Withdrawn: "withdrawn",
}
Json = dict[str, Any]


class Pages:
    """Pages of reviews, with people's names resolved as they are read."""

    def __init__(self, reviews: Reviews, people: People) -> None:
        self._reviews, self._people = reviews, people

    async def of(self, seen: Seen) -> ReviewOut:
        """Everything that is known of a review, and the digests to name in a ruling on it."""
        if not isinstance(seen.state, Decided | Withdrawn):
            # What led to a decision stood then, whatever was joined since.
            identities = (await self._reviews.authority()).identities
            seen = replace(seen, state=acquainted(seen.state, identities))
        case, opened = seen.case, seen.case.opened
        cards = await self._people.cards([case.owner, opened.requester, *_people(case)])
        policy = _policy(seen.state, self._reviews.rules.digest)
        page = {
            **msgspec.to_builtins(opened),
            "id": seen.review_id,
            "version": seen.version,
            "state": _STATES[type(seen.state)],
            "owner": shown(case.owner, cards),
            "requester": shown(opened.requester, cards),
            "submitted_at": stamp(opened.submitted_at),
            "evidence_digest": case.evidence_digest,
            "policy_digest": self._reviews.rules.digest,
            "decided_by": "board" if case.for_board else "disciplines",
            "on_table": [msgspec.to_builtins(one) for one in case.evidence.values()],
            "completeness": None if case.completeness is None else msgspec.to_builtins(case.completeness),
            "sign_offs": [_sign_off(case, discipline, cards, policy) for discipline in opened.disciplines],
            "votes": [msgspec.to_builtins(one) | {"by": shown(one.by, cards)} for one in case.votes.values()],
            "tally": await self._tally(seen),
            "recused": [shown(one, cards) for one in sorted(case.recused)],
            "conditions": [_condition(case, one, cards) for one in case.conditions],
            "clocks": [_clock(case, name) for name in case.clocks],
            **_end(seen.state),
        }
        return cast(ReviewOut, page)

    def clock(self, seen: Seen) -> ReviewClocks:
        """Who held the ball, for how long, in words and in minutes that add up."""
        case = seen.case
        told = explain(case, seen.now, self._reviews.rules.calendars(case.opened.region))
        page = {"review_id": seen.review_id, "state": _STATES[type(seen.state)], **msgspec.to_builtins(asdict(told))}
        return cast(ReviewClocks, page)

    async def _tally(self, seen: Seen) -> Json | None:
        if not isinstance(seen.state, InReview) or not seen.case.for_board:
            return None
        meets = Circumstances(
            now=seen.now,
            rules=self._reviews.rules,
            authority=await self._reviews.authority(),
            ids=lambda name: name,  # nothing is recorded here, so nothing needs an id
        )
        tally: Json = msgspec.to_builtins(board.tally(seen.case, meets))
        return tally


def _people(case: Case) -> Iterable[str]:
    yield from case.assigned.values()
    yield from case.recused
    yield from (one.by for one in case.verdicts.values())
    yield from (one.by for one in case.votes.values())
    yield from (one.owner for one in case.conditions.values())


def _policy(state: State, present: str) -> str:
    """The policy under which verdicts stand: the present one, or that of the decision to which they led."""
    return state.decision.policy_digest if isinstance(state, Decided) else present


def _sign_off(case: Case, discipline: str, cards: Mapping[str, Card], policy_digest: str) -> SignOffOut:
    verdict, assigned = case.verdicts.get(discipline), case.assigned.get(discipline)
    given = None if verdict is None else msgspec.to_builtins(verdict) | {"by": shown(verdict.by, cards)}
    return {
        "discipline": discipline,
        "standing": discipline in case.standing(policy_digest),
        "assigned": None if assigned is None else shown(assigned, cards),
        "verdict": given,
    }


def _condition(case: Case, condition_id: str, cards: Mapping[str, Card]) -> ConditionOut:
    imposed, met = case.conditions[condition_id], case.met.get(condition_id)
    condition = {
        **msgspec.to_builtins(imposed),
        "owner": shown(imposed.owner, cards),
        "met": None if met is None else msgspec.to_builtins(met),
    }
    return cast(ConditionOut, condition)


def _clock(case: Case, name: str) -> RoundClock:
    clock = case.clocks[name]
    return {
        "clock": name,
        "phase": clock.phase,
        "holder": clock.holder,
        "due_at": stamp(clock.due_at),
        "breached": clock.breached,
        "within": clock.within,
    }


def _end(state: State) -> EndOut:
    decision = msgspec.to_builtins(state.decision) if isinstance(state, Decided) else None
    return {"decision": decision, "withdrawn": state.withdrawn.reason if isinstance(state, Withdrawn) else None}
