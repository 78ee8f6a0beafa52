"""How queries reach the derived tables, and what they may show to whom."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from sqlalchemy import ColumnElement, Table, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from shared.runtime.principals import Reach
from shared.runtime.reach import reached

T = TypeVar("T")
CHUNK: Final = 300
"""Values per query: both engines bound the number of parameters."""


class Derived(Protocol):
    """Reporting's derived tables."""

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection that sees one consistent state and can't write."""

    async def missing(self, connection: AsyncConnection) -> int:
        """How many records were set aside and are missing from what the connection shows."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What one reader may see (DESIGN 15): grants decide by system, business unit and product area."""

    reach: Reach

    @property
    def of_systems(self) -> ColumnElement[bool]:
        """The reach on the table of systems."""
        return self._on(tables.system)

    @property
    def of_reviews(self) -> ColumnElement[bool]:
        """The reach on the table of reviews."""
        return self._on(tables.review)

    @property
    def of_discoveries(self) -> ColumnElement[bool]:
        """The reach on the table of discoveries."""
        return self._on(tables.discovery)

    def of_facts(self, system_id: ColumnElement[str]) -> ColumnElement[bool]:
        """The reach on what names an AI system; what names none is shown to those who see everything."""
        if self.reach.everything:
            return self._on(tables.system)
        within = select(tables.system.c.system_id).where(self.of_systems)
        return or_(reached(self.reach, system=system_id), system_id.in_(within))

    def _on(self, table: Table) -> ColumnElement[bool]:
        columns = table.c
        return reached(
            self.reach, system=columns.system_id, business_unit=columns.business_unit, product_area=columns.product_area
        )


EVERYTHING: Final = Scope(Reach(True, frozenset(), frozenset(), frozenset()))
"""The scope of the product itself: metrics, and those whose grants are for all."""


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in parts that fit one query."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
