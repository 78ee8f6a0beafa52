"""Which records a projection passes over because an operator dropped them. Kept beside the slots: a rebuild, which
reads the log from zero, meets the same records again."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, insert, select

from shared.log.lease import insert_free
from shared.log.port import Record

drops = MetaData()
_table = Table(
    "view_dropped",
    drops,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("record_offset", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", Text, primary_key=True),
)


def note_drop(connection: Connection, record: Record) -> None:
    """Remember that these bytes at this place are passed over."""
    insert_free(connection, _table, **_row(record))


def was_dropped(connection: Connection, record: Record) -> bool:
    """Whether an operator dropped these bytes at this place."""
    same = [_table.c[name] == value for name, value in _row(record).items()]
    return connection.execute(select(_table).where(*same)).first() is not None


def drops_in(connection: Connection) -> Sequence[dict[str, object]]:
    """Everything that was dropped, for another copy of the same views."""
    return [dict(row) for row in connection.execute(select(_table)).mappings()]


def take_over(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    """Pass over what another copy of the same views passes over."""
    if rows:
        connection.execute(insert(_table), list(rows))


def _row(record: Record) -> dict[str, object]:
    place = {"topic": record.partition.topic, "partition": record.partition.number, "record_offset": record.offset}
    return place | {"digest": hashlib.sha256(record.value).hexdigest()}
