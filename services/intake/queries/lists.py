"""Rows out: the portfolio, the triage queue, open discoveries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec
from sqlalchemy import ColumnElement, Select, String, Table, and_, case, func, literal, or_, select, true

from services.intake.queries.rows import DiscoveryRow, PersonCard, SystemRow, Waiting
from services.intake.tables import discovery, queue, system
from shared.log.views import Views
from shared.policy.tiers import Tiers
from shared.runtime.cursors import Page, Part
from shared.runtime.people import Card, People
from shared.runtime.principals import Reach
from shared.runtime.reach import reached

_NO_TIME: Final = "9999"
"""Sorts what has no due time after everything that has one."""
_MOST: Final = 2**31 - 1
"""PostgreSQL takes no greater number beside a column of type integer."""

Row = dict[str, Any]


_STAGE: Final = case(
    (system.c.merged_into.is_not(None), "merged"),
    (system.c.retired_at.is_not(None), "retired"),
    else_=system.c.standing,
)
"""Where a system stands, in one word: its end, if it has come, else its intake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which systems a list is to hold; None leaves a thing open."""

    tier: str | None = None
    stage: str | None = None
    product_area: str | None = None
    external_key: str | None = None
    live: bool | None = None

    def clause(self) -> ColumnElement[bool]:
        """The wishes as a condition."""
        columns = {
            "tier": system.c.tier,
            "stage": _STAGE,
            "product_area": system.c.product_area,
            "external_key": system.c.external_key,
            "live": system.c.live,
        }
        stated = {name: getattr(self, name) for name in columns}
        return and_(true(), *(columns[name] == value for name, value in stated.items() if value is not None))


class Queries:
    """Lists out of the derived tables; they may be a moment behind the log."""

    def __init__(self, views: Views, people: People, tiers: Tiers) -> None:
        self._views, self._people = views, people
        self._ranks = {tier.id: rank for rank, tier in enumerate(tiers.tiers)}

    async def systems(self, reach: Reach, wanted: Wanted, page: Page) -> tuple[Sequence[SystemRow], str | None]:
        """The portfolio by name."""
        key = (system.c.sort_name, system.c.system_id)
        query = select(system, _STAGE.label("stage")).where(_within(reach, system), wanted.clause())
        rows = await self._rows(_paged(query, key, page))
        cursor = _next(page, rows, lambda row: (row["sort_name"], row["system_id"]))
        for row in rows:
            del row["sort_name"], row["standing"], row["launched_at"]
        return cast(Sequence[SystemRow], await self._shown(rows[: page.limit])), cursor

    async def triage(self, reach: Reach, page: Page) -> tuple[Sequence[Waiting], str | None]:
        """What waits for a ruling: the gravest first, then what is due first."""
        gravity = 1000 - case(self._ranks, value=queue.c.tier, else_=len(self._ranks))
        due = func.coalesce(queue.c.due_at, literal(_NO_TIME, String))
        key = (gravity, due, -queue.c.score, queue.c.intake_id)
        query = select(queue).where(_within(reach, queue), queue.c.ended.is_(False))
        rows = await self._rows(_paged(query, key, page))

        def sort_key(row: Row) -> tuple[Part, ...]:
            rank = self._ranks.get(row["tier"], len(self._ranks))
            return 1000 - rank, row["due_at"] or _NO_TIME, -row["score"], row["intake_id"]

        cursor = _next(page, rows, sort_key)
        for row in rows:
            del row["ended"], row["triage_breached"]
            row["reasons"], row["wanted"] = msgspec.json.decode(row["reasons"]), msgspec.json.decode(row["wanted"])
        return cast(Sequence[Waiting], await self._shown(rows[: page.limit])), cursor

    async def discoveries(self, reach: Reach, page: Page) -> tuple[Sequence[DiscoveryRow], str | None]:
        """Open discoveries, the oldest first."""
        key = (discovery.c.discovered_at, discovery.c.discovery_id)
        shown = reached(reach, business_unit=discovery.c.business_unit, product_area=discovery.c.product_area)
        rows = await self._rows(_paged(select(discovery).where(shown), key, page))
        cursor = _next(page, rows, lambda row: (row["discovered_at"], row["discovery_id"]))
        return cast(Sequence[DiscoveryRow], rows[: page.limit]), cursor

    async def _rows(self, query: Select[Any]) -> list[Row]:
        async with self._views.reading() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def _shown(self, rows: Sequence[Row]) -> Sequence[Row]:
        cards = await self._people.cards({row[field] for row in rows for field in ("owner", "requester")})
        return [row | {field: shown(row[field], cards) for field in ("owner", "requester")} for row in rows]


def shown(person: str, cards: Mapping[str, Card]) -> PersonCard:
    """A person on a page: their id, and their name and address as long as they are not forgotten."""
    card = cards.get(person)
    return {"id": person, "name": card.name if card else None, "email": card.email if card else None}


def _within(reach: Reach, table: Table) -> ColumnElement[bool]:
    return reached(
        reach, system=table.c.system_id, business_unit=table.c.business_unit, product_area=table.c.product_area
    )


def _paged(query: Select[Any], key: Sequence[ColumnElement[Any]], page: Page) -> Select[Any]:
    """The page after the cursor, and one row more to know whether another page follows."""
    if (last := page.last(*(column.type.python_type for column in key), most=_MOST)) is not None:
        query = query.where(_after(key, last))
    return query.order_by(*key).limit(page.limit + 1)


def _after(key: Sequence[ColumnElement[Any]], last: Sequence[Part]) -> ColumnElement[bool]:
    """Rows whose key is greater, column by column: row values compare differently in different engines."""
    return or_(
        *(
            and_(
                *(column == value for column, value in zip(key[:place], last[:place], strict=True)),
                key[place] > last[place],
            )
            for place in range(len(key))
        )
    )


def _next(page: Page, rows: Sequence[Row], key: Callable[[Row], tuple[Part, ...]]) -> str | None:
    return page.next(key(rows[page.limit - 1])) if len(rows) > page.limit else None
