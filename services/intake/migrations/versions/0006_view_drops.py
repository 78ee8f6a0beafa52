"""Which records the derived tables pass over."""

from shared.store.migrations import create_view_drops

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    create_view_drops()
