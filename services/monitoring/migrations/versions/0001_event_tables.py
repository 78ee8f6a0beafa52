"""The log of monitoring's facts and what serves it."""

from shared.store.migrations import create_event_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_event_tables()
