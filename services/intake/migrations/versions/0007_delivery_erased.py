"""A body is taken from one delivery, not from every endpoint that received the same bytes."""

from alembic import op
from sqlalchemy import Column, String

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("delivery", Column("erased_at", String(27)))
    op.execute(
        "UPDATE delivery SET erased_at = (SELECT erased_at FROM kept_body WHERE kept_body.digest = delivery.digest)"
    )
