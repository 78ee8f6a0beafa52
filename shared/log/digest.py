"""The digest of what a projection derived: its rows in primary-key order, and the offsets they were derived up to."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    Table,
    TypeDecorator,
    func,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from shared.events.envelope import stamp
from shared.log.books import offsets
from shared.log.port import Partition
from shared.log.projection import Projection

_ROWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Digest:
    """Hexadecimal SHA-256 by table; two digests say something about each other only at the same offsets."""

    offsets: Mapping[Partition, int]
    tables: Mapping[str, str]


def digest(connection: Connection, projection: Projection) -> Digest:
    """The digest of the slot that the connection is placed in, the same on every engine.

    A column with `info={"physical": True}` (a surrogate number, say) is left out.
    """
    tables = {table.name: _of(connection, table) for table in projection.metadata.sorted_tables}
    return Digest(offsets(connection, projection.name), tables)


def _of(connection: Connection, table: Table) -> str:
    columns = [column for column in table.columns if not column.info.get("physical")]
    hashed = hashlib.sha256(json.dumps([table.name, *(column.name for column in columns)]).encode())
    order = [_bytewise(connection, column) for column in table.primary_key.columns]
    lines = _as_lines if connection.dialect.name == "sqlite" and all(map(_told_by_sqlite, columns)) else _encoded
    for part in lines(connection, columns, order):
        hashed.update(part)
    return hashed.hexdigest()


def _as_lines(
    connection: Connection, columns: Sequence[Column[Any]], order: Sequence[ColumnElement[Any]]
) -> Iterator[bytes]:
    """SQLite writes JSON in the bytes of `encoder`: one value of a row comes out instead of all of them."""
    told = _by_and_by(select(func.json_array(*map(_as_kept, columns))).order_by(*order))
    for lines in connection.execute(told).scalars().partitions(_ROWS):
        yield "".join([f"{line}\n" for line in lines]).encode()


def _encoded(
    connection: Connection, columns: Sequence[Column[Any]], order: Sequence[ColumnElement[Any]]
) -> Iterator[bytes]:
    encode = encoder([column.type for column in columns])
    ordered = _by_and_by(select(*map(_as_kept, columns)).order_by(*order))
    for rows in connection.execute(ordered).partitions(_ROWS):
        yield b"".join([encode(tuple(row)) + b"\n" for row in rows])


def _by_and_by(query: Select[Any]) -> Select[Any]:
    """Not the whole table at once."""
    return query.execution_options(stream_results=True, max_row_buffer=_ROWS)


def _told_by_sqlite(column: Column[Any]) -> bool:
    """Flags are numbers to SQLite."""
    return isinstance(_bare(column.type), String | Integer)


def encoder(kinds: Sequence[TypeEngine[Any]]) -> Callable[[Sequence[Any]], bytes]:
    """What writes a row of columns of these types. Where a row holds text, whole numbers and flags alone, that is done
    several times faster, with the same bytes."""
    if all(isinstance(_bare(kind), String | Integer | Boolean) for kind in kinds):
        return msgspec.json.encode
    return lambda row: _encode(row).encode()


def _bare(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _as_kept(column: Column[Any]) -> ColumnElement[Any]:
    """What a row holds, before a type of ours makes something else of it: the same on every engine, and sooner read."""
    kind = column.type
    return type_coerce(column, kind.impl_instance) if isinstance(kind, TypeDecorator) else column


def _bytewise(connection: Connection, column: Column[Any]) -> ColumnElement[Any]:
    """The order of bytes, which is SQLite's; a PostgreSQL database may sort text as a language does."""
    if connection.dialect.name == "postgresql" and isinstance(column.type, String):
        return column.collate("C")
    return column


def _plain(value: object) -> object:
    match value:
        case datetime():
            return stamp(value if value.tzinfo else value.replace(tzinfo=UTC))
        case date():
            return value.isoformat()
        case Decimal():
            return str(value.normalize())
        case bytes():
            return value.hex()
        case _:
            raise TypeError(f"no digest covers a {type(value).__name__}")


_encode: Final = json.JSONEncoder(default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
