"""The directory of people, service keys, and the endpoints of webhooks with what they received."""

from alembic import op
from sqlalchemy import Column, Integer, LargeBinary, String, Text, UniqueConstraint

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _people()
    _endpoints()


def _people() -> None:
    op.create_table(
        "person",
        Column("id", String(36), primary_key=True),
        Column("issuer", Text),
        Column("subject", Text),
        Column("name", Text),
        Column("email", Text),
        Column("key_id", String(64)),
        Column("key", LargeBinary),
        Column("erased_at", String(27)),
        UniqueConstraint("issuer", "subject", name="person_identity"),
    )
    op.create_table(
        "service_key",
        Column("id", String(16), primary_key=True),
        Column("name", Text, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("grants", Text, nullable=False),
        Column("created_at", String(27), nullable=False),
        Column("created_by", String(36), nullable=False),
        Column("revoked_at", String(27)),
    )


def _endpoints() -> None:
    op.create_table(
        "endpoint",
        Column("id", String(36), primary_key=True),
        Column("source", String(20), nullable=False),
        Column("name", Text, nullable=False),
        Column("scheme", String(40), nullable=False),
        Column("secret_now", Text, nullable=False),
        Column("secret_next", Text),
        Column("mapping", Text, nullable=False),
        Column("owner", String(36), nullable=False),
        Column("created_at", String(27), nullable=False),
        Column("created_by", String(36), nullable=False),
        Column("closed_at", String(27)),
        Column("refused", Integer, nullable=False),
        Column("refused_at", String(27)),
        Column("refused_reason", Text),
    )
    op.create_table(
        "delivery",
        Column("id", String(36), primary_key=True),
        Column("endpoint_id", String(36), nullable=False),
        Column("dedupe", Text, nullable=False),
        Column("digest", String(64), nullable=False),
        Column("headers", Text, nullable=False),
        Column("received_at", String(27), nullable=False),
        Column("record", Text),
        Column("label", Text),
        Column("event", String(20)),
        Column("source_time", String(27)),
        Column("state", String(20), nullable=False),
        Column("outcome", String(20)),
        Column("reason", Text),
        Column("tries", Integer, nullable=False),
        Column("system_id", String(36)),
        Column("intake_id", String(36)),
    )
    op.create_index("delivery_dedupe", "delivery", ["endpoint_id", "dedupe"], unique=True)
    op.create_index("delivery_digest", "delivery", ["endpoint_id", "digest"])
    op.create_index("delivery_record", "delivery", ["endpoint_id", "record"])
    op.create_index("delivery_state", "delivery", ["state"])
    op.create_table(
        "kept_body",
        Column("digest", String(64), primary_key=True),
        Column("size", Integer, nullable=False),
        Column("body", LargeBinary),
        Column("erased_at", String(27)),
    )
