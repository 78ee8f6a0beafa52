"""What waits for a person: sign-offs, votes, evidence, answers, conditions, and what clocks told them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, and_, case, exists, false, func, literal, null, or_, select, true

from services.review.domain.authority import LEAD, REVIEWER
from services.review.queries.lists import Queries, Row, within
from services.review.queries.rows import Entry
from services.review.tables import (
    assignment,
    clock,
    condition,
    message,
    override,
    review,
    ruled,
    standing_aside,
    system,
)
from shared.policy.tiers import Tiers
from shared.runtime.principals import Reach

LONGEST: Final = 500
"""Entries of one kind: whoever has more waiting has other troubles than the end of the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An office in somebody's hands now, their own or lent by `whose`."""

    role: str
    scope: str
    whose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Whose queue it is: their offices, and the roles of their token (both name roles that are told things).

    `ids` are all ids of the person: what any of them did, or stands aside from, is theirs.
    """

    person: str
    ids: Sequence[str]
    offices: Sequence[Office]
    roles: Sequence[str]
    reach: Reach


class Queue:
    """The queue of one person, the gravest tier first, then what is due first."""

    def __init__(self, queries: Queries, tiers: Tiers, board: Sequence[str]) -> None:
        self._queries, self._board = queries, tuple(board)
        self._ranks = {tier.id: rank for rank, tier in enumerate(tiers.tiers)}

    async def of(self, askings: Sequence[Asking]) -> Sequence[Entry]:
        """Everything that waits for a person, each under the id that can answer it; what waits for all ids once."""
        kinds = (self._sign_offs, self._votes, self._overrides, self._submitting, self._conditions, self._told)
        entries: list[Row] = []
        for asking in askings:
            known = [_without_person(entry) for entry in entries]
            new = [row for kind in kinds for row in await kind(asking) if row not in known]
            entries += [row | {"person": asking.person} for row in new]
        entries.sort(key=lambda row: (-self._ranks.get(row["tier"], 0), row["due_at"] or "9999", row["kind"]))
        return cast(Sequence[Entry], entries)

    async def _sign_offs(self, asking: Asking) -> list[Row]:
        mine = [
            and_(clock.c.clock == f"signoff:{discipline}", _in_scope(office.scope))
            for office in asking.offices
            for prefix in (REVIEWER, LEAD)
            if office.role.startswith(prefix) and (discipline := office.role.removeprefix(prefix))
        ]
        assigned = select(assignment.c.reviewer).where(
            assignment.c.review_id == clock.c.review_id,
            literal("signoff:").concat(assignment.c.discipline) == clock.c.clock,
        )
        free = func.coalesce(assigned.scalar_subquery(), asking.person) == asking.person
        here = or_(false(), *mine)
        place = exists().where(
            ruled.c.matter_id == clock.c.review_id, ruled.c.person.in_(asking.ids), ruled.c.place != clock.c.clock
        )
        return await self._clocks(asking, "sign_off", clock.c.phase == "running", here, free, ~place, _may(asking))

    async def _votes(self, asking: Asking) -> list[Row]:
        entries: list[Row] = []
        for whose, here in self._seats(asking).items():
            before = and_(clock.c.clock == "review", clock.c.phase == "running", clock.c.holder == "board")
            rows = await self._clocks(
                asking, "vote", before, here, ~_voted(clock.c.review_id, whose, asking), _may(asking)
            )
            entries += [row | {"on_behalf_of": None if whose == asking.person else whose} for row in rows]
        return entries

    async def _overrides(self, asking: Asking) -> list[Row]:
        entries: list[Row] = []
        for whose, here in self._seats(asking, override).items():
            query = select(*_OVERRIDE).where(
                override.c.state == "before_board",
                here,
                ~_voted(override.c.override_id, whose, asking),
                _may(asking, override.c.override_id),
                within(asking.reach, override),
            )
            rows = await self._queries.rows(query.order_by(override.c.proposed_at).limit(LONGEST))
            entries += [row | {"on_behalf_of": None if whose == asking.person else whose} for row in rows]
        return entries

    def _seats(self, asking: Asking, of: Table = review) -> dict[str, ColumnElement[bool]]:
        """What lies within the seats in their hands, by whose these are: one member may hold several."""
        held = [(one.whose, _in_scope(one.scope, of)) for one in asking.offices if one.role in self._board]
        return {whose: or_(*(here for member, here in held if member == whose)) for whose, _ in held}

    async def _submitting(self, asking: Asking) -> list[Row]:
        theirs = or_(review.c.requester == asking.person, review.c.owner == asking.person)
        held = and_(clock.c.phase == "running", clock.c.holder == "submitter")
        rows = await self._clocks(asking, "evidence", held, theirs)
        return [row | {"kind": "answer" if row["clock"] == "answer" else "evidence"} for row in rows]

    async def _conditions(self, asking: Asking) -> list[Row]:
        query = (
            select(
                literal("condition").label("kind"),
                condition.c.condition_id,
                condition.c.due_on.label("due_at"),
                *_ABOUT,
            )
            .join(review, review.c.review_id == condition.c.review_id)
            .where(condition.c.owner == asking.person, condition.c.met.is_(False), within(asking.reach))
        )
        return await self._queries.rows(query.order_by(condition.c.due_on).limit(LONGEST))

    async def _told(self, asking: Asking) -> list[Row]:
        roles = {office.role for office in asking.offices} | set(asking.roles)
        addressees = [asking.person, *(f"role:{role}" for role in sorted(roles))]
        mine = and_(message.c.addressee.in_(addressees), message.c.settled.is_(False))
        of_reviews = (
            select(*_SAID, *_ABOUT)
            .join(review, review.c.review_id == message.c.review_id)
            .where(mine, within(asking.reach))
        )
        of_intake = (
            select(*_SAID, message.c.review_id, system.c.name, system.c.system_id, system.c.tier)
            .join(system, system.c.system_id == message.c.system_id)
            .where(mine, within(asking.reach, system))
        )
        found = [query.order_by(message.c.at.desc()).limit(LONGEST) for query in (of_reviews, of_intake)]
        return [row for query in found for row in await self._queries.rows(query)]

    async def _clocks(self, asking: Asking, kind: str, *conditions: ColumnElement[bool]) -> list[Row]:
        query = (
            select(literal(kind).label("kind"), clock.c.clock, clock.c.due_at, clock.c.breached, *_ABOUT)
            .join(review, review.c.review_id == clock.c.review_id)
            .where(*conditions, within(asking.reach))
        )
        return await self._queries.rows(query.order_by(clock.c.due_at).limit(LONGEST))


_ABOUT: Final[tuple[Any, ...]] = (review.c.review_id, review.c.name, review.c.system_id, review.c.tier)
_OVERRIDE: Final[tuple[Any, ...]] = (
    literal("override_vote").label("kind"),
    override.c.override_id,
    null().label("review_id"),
    override.c.name,
    override.c.system_id,
    case((override.c.downgrade, override.c.from_tier), else_=override.c.to_tier).label("tier"),
    null().label("due_at"),
)
"""What is told of an override; its tier is the graver of the two."""
_SAID: Final[tuple[Any, ...]] = (
    message.c.kind,
    message.c.clock,
    message.c.words,
    message.c.at,
    message.c.due_at,
)


def _without_person(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "person"}


def _may(asking: Asking, matter: ColumnElement[str] = clock.c.review_id) -> ColumnElement[bool]:
    """Reviews, or overrides, on which the person can rule at all."""
    return ~exists().where(standing_aside.c.matter_id == matter, standing_aside.c.person.in_(asking.ids))


def _voted(matter: ColumnElement[str], whose: str, asking: Asking) -> ColumnElement[bool]:
    return exists().where(ruled.c.matter_id == matter, ruled.c.person.in_({whose, *asking.ids}))


def _in_scope(scope: str, of: Table = review) -> ColumnElement[bool]:
    kind, _, name = scope.partition(":")
    columns = {"business_unit": of.c.business_unit, "product_area": of.c.product_area, "system": of.c.system_id}
    return columns[kind] == name if kind in columns else true()
