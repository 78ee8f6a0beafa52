"""Lists of reviews and offices, and what lies in other reviews. They may be a moment behind the log."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from sqlalchemy import ColumnElement, Select, String, Table, and_, func, literal, or_, select, true

from services.review.queries.rows import AppointmentRow, DelegationRow, OverrideRow, ReviewRow
from services.review.tables import appointment, delegation, evidence, override, review
from shared.log.views import Views
from shared.runtime.cursors import Page, Part
from shared.runtime.principals import Reach
from shared.runtime.reach import reached

_NO_TIME: Final = "9999"
"""Sorts what has no due time after everything that has one."""

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which reviews a list is to hold; None leaves a thing open."""

    state: str | None = None
    tier: str | None = None
    system_id: str | None = None
    product_area: str | None = None

    def clause(self) -> ColumnElement[bool]:
        """The wishes as a condition."""
        stated = {name: getattr(self, name) for name in ("state", "tier", "system_id", "product_area")}
        return and_(true(), *(review.c[name] == value for name, value in stated.items() if value is not None))


class Queries:
    """Lists out of the derived tables."""

    def __init__(self, views: Views) -> None:
        self._views = views

    async def reviews(self, reach: Reach, wanted: Wanted, page: Page) -> tuple[Sequence[ReviewRow], str | None]:
        """Reviews: what is due first, then what is over."""
        due = func.coalesce(review.c.due_at, literal(_NO_TIME, String))
        query = select(review).where(within(reach), wanted.clause())
        rows = await self.rows(_paged(query, (due, review.c.review_id), page))
        return _page(ReviewRow, rows, page, lambda row: (row["due_at"] or _NO_TIME, row["review_id"]))

    async def overrides(
        self, reach: Reach, state: str | None, system_id: str | None, page: Page
    ) -> tuple[Sequence[OverrideRow], str | None]:
        """Overrides in the order in which they were proposed."""
        stated = ((override.c.state, state), (override.c.system_id, system_id))
        wanted = and_(true(), *(column == value for column, value in stated if value is not None))
        query = select(override).where(within(reach, override), wanted)
        rows = await self.rows(_paged(query, (override.c.proposed_at, override.c.override_id), page))
        return _page(OverrideRow, rows, page, lambda row: (row["proposed_at"], row["override_id"]))

    async def appointments(
        self, whose: Collection[str] | None, page: Page
    ) -> tuple[Sequence[AppointmentRow], str | None]:
        """Appointments in the order in which they begin: of these people, or all (None)."""
        key = (appointment.c.valid_from, appointment.c.appointment_id)
        rows = await self.rows(_paged(select(appointment).where(_of(whose, appointment.c.person)), key, page))
        return _page(AppointmentRow, rows, page, lambda row: (row["valid_from"], row["appointment_id"]))

    async def delegations(
        self, whose: Collection[str] | None, page: Page
    ) -> tuple[Sequence[DelegationRow], str | None]:
        """Delegations in the order in which they begin: by or to these people, or all (None)."""
        key = (delegation.c.valid_from, delegation.c.delegation_id)
        mine = _of(whose, delegation.c.giver, delegation.c.receiver)
        rows = await self.rows(_paged(select(delegation).where(mine), key, page))
        return _page(DelegationRow, rows, page, lambda row: (row["valid_from"], row["delegation_id"]))

    async def elsewhere(self, system_id: str, digests: Mapping[str, str]) -> frozenset[str]:
        """Those of the artefacts (digest by id) whose very content is on file for another system."""
        wanted = select(evidence.c.digest).where(
            evidence.c.digest.in_(sorted(set(digests.values()))), evidence.c.system_id != system_id
        )
        found = {row["digest"] for row in await self.rows(wanted.distinct())} if digests else set()
        return frozenset(artefact for artefact, digest in digests.items() if digest in found)

    async def rows(self, query: Select[Any]) -> list[Row]:
        """The rows of a query, from one consistent state."""
        async with self._views.reading() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]


def within(reach: Reach, of: Table = review) -> ColumnElement[bool]:
    """Rows that belong to systems within somebody's reach: of reviews, or of another table that says where they lie."""
    return reached(reach, system=of.c.system_id, business_unit=of.c.business_unit, product_area=of.c.product_area)


def _of(whose: Collection[str] | None, *people: ColumnElement[str]) -> ColumnElement[bool]:
    return true() if whose is None else or_(*(one.in_(sorted(whose)) for one in people))


def _paged(query: Select[Any], key: Sequence[ColumnElement[Any]], page: Page) -> Select[Any]:
    """The page after the cursor, and one row more to know whether another page follows."""
    if (last := page.last(str, str)) is not None:
        (first, second), (at, then) = key, last
        query = query.where(or_(first > at, and_(first == at, second > then)))
    return query.order_by(*key).limit(page.limit + 1)


def _page(
    shape: type[T], rows: Sequence[Row], page: Page, key: Callable[[Row], tuple[Part, ...]]
) -> tuple[Sequence[T], str | None]:
    more = len(rows) > page.limit
    return cast(Sequence[T], rows[: page.limit]), page.next(key(rows[page.limit - 1])) if more else None
