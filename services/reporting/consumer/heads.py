"""The newest signed checkpoint of each service's log, from the checkpoint topics."""

from sqlalchemy import Connection

from services.reporting import tables
from services.reporting.consumer.rows import put
from shared.log.port import Record
from shared.transparency.checkpoint import peek


def take_head(connection: Connection, record: Record) -> None:
    """Keep the checkpoint in the record unless a greater one is kept already; raises `Malformed`.

    One of the same size may bring more cosignatures. Signatures are looked at when the log is verified, not here: what
    was published is kept as it is.
    """
    service = record.partition.topic.split(".")[1]
    head = peek(record.value)
    kept = connection.execute(tables.log_head.select().where(tables.log_head.c.service == service)).first()
    if kept is not None and kept.size > head.size:
        return
    row = {"service": service, "origin": head.origin, "size": head.size, "root": head.root.hex()}
    put(connection, tables.log_head, [row | {"signed": record.value.decode("utf-8")}], replacing=True)
