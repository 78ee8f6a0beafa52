"""How a batch of derived rows is read and written by key: by SQLAlchemy on PostgreSQL, past it on SQLite.

There its preparation of each value took a third of a rebuild.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Boolean, Connection, Insert, Table, select, tuple_
from sqlalchemy.dialects import postgresql

from services.reporting.tables import Instant
from shared.events.envelope import stamp

Key = tuple[str | int, ...]

_CHUNK: Final = 300
"""Keys per query: both engines bound the number of parameters."""


def kept(connection: Connection, table: Table, keys: Sequence[Key]) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    """The rows that are there of those with these keys, each with its key."""
    key_of = _picked(table.primary_key.columns.keys())
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        if connection.dialect.name == "postgresql":
            query = select(table).where(tuple_(*table.primary_key.columns).in_(chunk))
            found: Iterator[Mapping[str, Any]] = (dict(row) for row in connection.execute(query).mappings())
        else:
            found = _on_sqlite(connection, table, chunk)
        for row in found:
            yield key_of(row), row


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, replacing: bool = False) -> None:
    """Add rows, or with `replacing` put them in the place of those with their keys."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        insert = _over_what_is_there(table) if replacing else postgresql.insert(table)
        connection.execute(insert, [dict(row) for row in rows])
        return
    layout, values = _layout(table), []
    for row in rows:
        bare = list(layout.pick(row))
        for at in layout.instants:
            if bare[at] is not None:
                bare[at] = stamp(bare[at])
        values.append(tuple(bare))
    connection.exec_driver_sql(_insertion(table, _place(connection, table), replacing=replacing), values)


def _on_sqlite(connection: Connection, table: Table, keys: Sequence[Key]) -> Iterator[Mapping[str, Any]]:
    layout, names = _layout(table), table.columns.keys()
    query = _selection(table, _place(connection, table), len(keys))
    for row in connection.exec_driver_sql(query, tuple(part for key in keys for part in key)).cursor.fetchall():
        values = list(row)
        for at in layout.instants:
            if values[at] is not None:
                values[at] = datetime.fromisoformat(values[at])
        for at in layout.flags:
            if values[at] is not None:
                values[at] = bool(values[at])
        yield dict(zip(names, values, strict=True))


def _over_what_is_there(table: Table) -> Insert:
    new = postgresql.insert(table)
    others = {column.name: new.excluded[column.name] for column in table.columns if not column.primary_key}
    return new.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=others)


def _place(connection: Connection, table: Table) -> str:
    """The table's name in the slot that the connection is placed in."""
    slot = connection.get_execution_options()["schema_translate_map"][table.schema]
    return f'"{table.name}"' if slot is None else f'{slot}."{table.name}"'


@cache
def _insertion(table: Table, place: str, *, replacing: bool) -> str:
    names, keys = table.columns.keys(), table.primary_key.columns.keys()
    others = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys)
    added = f"INSERT INTO {place} ({_listed(names)}) VALUES ({_marks(len(names))})"  # noqa: S608 - names of our tables
    return f"{added} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {others}" if replacing else added


@cache
def _selection(table: Table, place: str, count: int) -> str:
    keys = table.primary_key.columns.keys()
    sought = ", ".join([f"({_marks(len(keys))})"] * count)
    return f"SELECT {_listed(table.columns.keys())} FROM {place} WHERE ({_listed(keys)}) IN (VALUES {sought})"  # noqa: S608 - names of our tables


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What picks a row's values in the order of the table's columns; which of them are instants, and which flags."""

    pick: Any
    instants: Sequence[int]
    flags: Sequence[int]


@cache
def _layout(table: Table) -> _Layout:
    def of(kind: type) -> Sequence[int]:
        return tuple(at for at, column in enumerate(table.columns) if isinstance(column.type, kind))

    return _Layout(itemgetter(*table.columns.keys()), of(Instant), of(Boolean))


def _picked(names: Sequence[str]) -> Any:
    """What picks these values of a row, as a tuple also where it is one."""
    pick = itemgetter(*names)
    return pick if len(names) > 1 else lambda row: (pick(row),)
