"""Where each partition of the topic ends, as the relay knows it."""

from shared.store.migrations import keep_the_ends_of_partitions

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    keep_the_ends_of_partitions()
