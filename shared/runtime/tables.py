"""The directory's tables. They live in the database of intake's events and are made by intake's migrations."""

from sqlalchemy import Column, LargeBinary, MetaData, String, Table, Text, UniqueConstraint

METADATA = MetaData()

person = Table(
    "person",
    METADATA,
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
"""One row per person or service account; `key` is wrapped. A forgotten person keeps the id and `erased_at` alone."""

address = Table(
    "address",
    METADATA,
    Column("address", Text, primary_key=True),
    Column("person", String(36), nullable=False),
)
"""Whose an e-mail address is, by the word of the issuer of their identity: one person's at a time. It is `folded`."""

service_key = Table(
    "service_key",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("grants", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("revoked_at", String(27)),
)
"""One row per service key; `digest` is the SHA-256 of its secret, `grants` a JSON list."""
