"""How derived rows are made from a batch of facts: read the rows concerned once, fold in memory, write them once.

A folded row is changed by the facts of one partition alone, so what comes out does not depend on how partitions
interleave; an added row never changes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, Insert, Table, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from services.reporting.consumer.heard import Heard

Key = tuple[str | int, ...]
R = TypeVar("R", bound=msgspec.Struct)

_CHUNK: Final = 300
"""Keys per query: both engines bound the number of parameters."""


class View(Protocol):
    """A derived table and how it takes in facts."""

    @property
    def table(self) -> Table:
        """The table it writes."""

    def take(self, connection: Connection, batch: Sequence[Heard]) -> None:
        """Bring the table up to date with the facts of the batch, in their order."""


@dataclass(frozen=True, slots=True)
class Added:
    """A table to which facts only ever add rows."""

    table: Table
    rows: Callable[[Heard], Iterable[Mapping[str, Any]]]

    def take(self, connection: Connection, batch: Sequence[Heard]) -> None:
        """See `View`."""
        rows = [dict(row) for heard in batch for row in self.rows(heard)]
        if rows:
            connection.execute(self.table.insert(), rows)


@dataclass(frozen=True, slots=True)
class Folded(Generic[R]):
    """A table whose rows are folded from facts. `row` is their type, which has the table's columns as its fields.

    `keys` names the rows that a fact changes, `fresh` makes one that is not there yet, `fold` changes it.
    """

    table: Table
    row: type[R]
    keys: Callable[[Heard], Iterable[Key]]
    fresh: Callable[[Key], R]
    fold: Callable[[R, Heard], R]

    def take(self, connection: Connection, batch: Sequence[Heard]) -> None:
        """See `View`."""
        concerned = [(heard, key) for heard in batch for key in self.keys(heard)]
        if not concerned:
            return
        rows = self._load(connection, list(dict.fromkeys(key for _, key in concerned)))
        before = dict(rows)
        for heard, key in concerned:
            rows[key] = self.fold(rows.get(key) or self.fresh(key), heard)
        changed = [msgspec.structs.asdict(row) for key, row in rows.items() if row != before.get(key)]
        if changed:
            connection.execute(upsert(self.table, connection.dialect.name), changed)

    def _load(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, R]:
        columns = tuple_(*self.table.primary_key.columns)
        found: dict[Key, R] = {}
        for start in range(0, len(keys), _CHUNK):
            query = select(self.table).where(columns.in_(keys[start : start + _CHUNK]))
            for row in connection.execute(query).mappings():
                found[tuple(row[column.name] for column in self.table.primary_key.columns)] = self.row(**row)
        return found


def upsert(table: Table, dialect: str) -> Insert:
    """Insert rows, or replace those that are there, in the words of SQLite or PostgreSQL."""
    keys = list(table.primary_key.columns)
    others = [column.name for column in table.columns if not column.primary_key]
    if dialect == "postgresql":
        insert = postgresql.insert(table)
        return insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in others})
    insert_lite = sqlite.insert(table)
    return insert_lite.on_conflict_do_update(
        index_elements=keys, set_={name: insert_lite.excluded[name] for name in others}
    )
