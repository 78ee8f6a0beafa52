"""The request that made an endpoint: a repeat of its key is told from another request under the same one."""

from alembic import op
from sqlalchemy import Column, LargeBinary

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("endpoint", Column("request", LargeBinary))
