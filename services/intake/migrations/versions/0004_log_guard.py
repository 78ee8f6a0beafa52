"""The rollback guard's word, which every append asks."""

from shared.store.migrations import create_log_guard

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    create_log_guard()
