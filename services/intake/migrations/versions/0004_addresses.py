"""Whose an address is by an issuer's word: nobody is found by one that they merely say of themselves."""

from alembic import op
from sqlalchemy import Column, String, Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table("address", Column("address", Text, primary_key=True), Column("person", String(36), nullable=False))
