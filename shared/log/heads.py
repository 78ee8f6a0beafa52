"""The heads of a log as kept beside its events: at one size there is one root, for ever."""

import time

from sqlalchemy import Connection, select

from shared.log.lease import insert_free
from shared.store.database import Database
from shared.store.tables import checkpoint as table
from shared.transparency.checkpoint import Checkpoint, Head, peek
from shared.transparency.failures import Forked


def keep(connection: Connection, head: Head) -> None:
    """Keep a head. Raises `Forked` when another was signed at its size."""
    found = head.checkpoint
    insert_free(connection, table, size=found.size, root=found.root, note=head.signed, signed_at=time.time())
    kept = connection.execute(select(table.c.root).where(table.c.size == found.size)).scalar_one()
    if kept != found.root:
        raise Forked(f"at size {found.size} another root was signed before")


async def newest(database: Database) -> Checkpoint | None:
    """The largest head that was kept; None before the first."""
    query = select(table.c.note).order_by(table.c.size.desc()).limit(1)
    async with database.reading() as connection:
        note: bytes | None = (await connection.execute(query)).scalar_one_or_none()
    return None if note is None else peek(note)
