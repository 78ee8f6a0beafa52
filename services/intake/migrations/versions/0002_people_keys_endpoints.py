"""The directory of people, service keys, and the endpoints of webhooks with what they received."""

from alembic import op

from services.intake.tables import DURABLE
from shared.runtime.tables import METADATA

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for metadata in (METADATA, DURABLE):
        metadata.create_all(op.get_bind(), checkfirst=False)
