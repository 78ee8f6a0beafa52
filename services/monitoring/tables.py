"""Monitoring's derived tables: everything in them can be made again from the event log."""

from typing import Final

from sqlalchemy import Boolean, Column, MetaData, String, Table

METADATA: Final = MetaData(schema="view")

system = Table(
    "system",
    METADATA,
    Column("system_id", String, primary_key=True),
    Column("name", String),
    Column("tier", String),
    Column("high_risk", Boolean, nullable=False),
    Column("launched_at", String(27)),
    Column("retired", Boolean, nullable=False),
    comment="AI systems and their confirmed tiers; those launched and not retired are live.",
)
