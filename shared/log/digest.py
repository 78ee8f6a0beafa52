"""The digest of what a projection derived: its rows in primary-key order, and the offsets they were derived up to."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
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
    String,
    Table,
    TypeDecorator,
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
    encode = encoder([column.type for column in columns])
    ordered = select(*map(_as_kept, columns)).order_by(*order)
    by_and_by = ordered.execution_options(stream_results=True, max_row_buffer=_ROWS)  # not the whole table at once
    for rows in connection.execute(by_and_by).partitions(_ROWS):
        hashed.update(b"".join([encode(tuple(row)) + b"\n" for row in rows]))
    return hashed.hexdigest()


def encoder(kinds: Sequence[TypeEngine[Any]]) -> Callable[[Sequence[Any]], bytes]:
    """What writes a row of columns of these types. Where a row holds text, whole numbers and flags alone, that is done
    several times faster, with the same bytes."""
    bare = [kind.impl_instance if isinstance(kind, TypeDecorator) else kind for kind in kinds]
    if all(isinstance(kind, String | Integer | Boolean) for kind in bare):
        return msgspec.json.encode
    return lambda row: _encode(row).encode()


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
