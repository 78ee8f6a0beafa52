"""How derived rows are made from a batch of facts: read the rows concerned once, fold in memory, write them once.

A folded row is changed by the facts of one partition alone, so what comes out does not depend on how partitions
interleave; an added row never changes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, Insert, Table, select, tuple_
from sqlalchemy.dialects import postgresql

from services.reporting.consumer.heard import Heard
from services.reporting.tables import Instant
from shared.events.envelope import stamp

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
        put(connection, self.table, [row for heard in batch for row in self.rows(heard)])


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
        put(connection, self.table, changed, replacing=True)

    def _load(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, R]:
        columns = tuple_(*self.table.primary_key.columns)
        found: dict[Key, R] = {}
        for start in range(0, len(keys), _CHUNK):
            query = select(self.table).where(columns.in_(keys[start : start + _CHUNK]))
            for row in connection.execute(query).mappings():
                found[tuple(row[column.name] for column in self.table.primary_key.columns)] = self.row(**row)
        return found


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, replacing: bool = False) -> None:
    """Add rows, or with `replacing` put them in the place of those with their keys.

    On SQLite past SQLAlchemy's preparation of each value, which took a third of a rebuild.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        insert = _over_what_is_there(table) if replacing else postgresql.insert(table)
        connection.execute(insert, [dict(row) for row in rows])
        return
    place = connection.get_execution_options()["schema_translate_map"][table.schema]
    pick, instants = _layout(table)
    values = []
    for row in rows:
        bare = list(pick(row))
        for at in instants:
            if bare[at] is not None:
                bare[at] = stamp(bare[at])
        values.append(tuple(bare))
    connection.exec_driver_sql(_statement(table, place, replacing=replacing), values)


def _over_what_is_there(table: Table) -> Insert:
    new = postgresql.insert(table)
    others = {column.name: new.excluded[column.name] for column in table.columns if not column.primary_key}
    return new.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=others)


@cache
def _statement(table: Table, place: str | None, *, replacing: bool) -> str:
    names = table.columns.keys()
    keys = [column.name for column in table.primary_key.columns]
    others = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys)
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    named = f'"{table.name}"' if place is None else f'{place}."{table.name}"'
    added = f"INSERT INTO {named} ({columns}) VALUES ({marks})"  # noqa: S608 - names of our own tables
    return f"{added} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {others}" if replacing else added


@cache
def _layout(table: Table) -> tuple[Callable[[Mapping[str, Any]], tuple[Any, ...]], tuple[int, ...]]:
    """What picks a row's values in the order of the table's columns, and which of them are instants."""
    instants = [at for at, column in enumerate(table.columns) if isinstance(column.type, Instant)]
    return itemgetter(*table.columns.keys()), tuple(instants)
