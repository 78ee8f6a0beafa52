"""The durable tables beside the events, as code names them; `schema/*.sql` is what makes them."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, LargeBinary, MetaData, Table, Text

APPEND_ONLY: Final = ("event", "idempotency_key", "installation", "checkpoint")
durable = MetaData()

installation = Table(
    "installation",
    durable,
    Column("one", Integer, primary_key=True),
    Column("installation", Text),
    Column("service", Text),
    Column("domain", Text),
)
checkpoint = Table(
    "checkpoint",
    durable,
    Column("size", BigInteger, primary_key=True),
    Column("root", LargeBinary),
    Column("note", LargeBinary),
    Column("signed_at", Float),
)
log_guard = Table(
    "log_guard",
    durable,
    Column("one", Integer, primary_key=True),
    Column("witnessed", Boolean),
    Column("asked", Text),
    Column("silent", Text),
    Column("frozen", Text),
)
relay_cursor = Table(
    "relay_cursor",
    durable,
    Column("topic", Text, primary_key=True),
    Column("position", BigInteger),
    Column("epoch", BigInteger),
    Column("ends", Text),  # JSON: the last position sent to each partition
)
lease = Table(
    "lease",
    durable,
    Column("name", Text, primary_key=True),
    Column("holder", Text),
    Column("epoch", BigInteger),
    Column("expires_at", Float),
)
workflow_start = Table(
    "workflow_start",
    durable,
    Column("workflow_id", Text, primary_key=True),
    Column("kind", Text),
    Column("event_id", Text),
    Column("state", Text),
    Column("tries", Integer),
    Column("reason", Text),
)
