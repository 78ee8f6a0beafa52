"""Which records the derived tables pass over."""

from shared.store.migrations import create_view_drops

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    create_view_drops()
