"""The rollback guard's word, which every append asks."""

from shared.store.migrations import create_log_guard

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    create_log_guard()
