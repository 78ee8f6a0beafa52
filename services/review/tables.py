"""The derived tables of review: lists and queues, from its own topic and intake's. Instants are RFC 3339 text, UTC."""

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData(schema="view")

review = Table(
    "review",
    METADATA,
    Column("review_id", String(36), primary_key=True),
    Column("system_id", String(36), nullable=False),
    Column("intake_id", String(36), nullable=False),
    Column("round", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("high_risk", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("owner", String(36), nullable=False),
    Column("requester", String(36), nullable=False),
    Column("business_unit", Text),
    Column("product_area", Text),
    Column("opened_at", String(27), nullable=False),
    Column("submitted_at", String(27)),
    Column("complete", Integer),
    Column("required", Integer),
    Column("holder", Text),
    Column("due_at", String(27)),
    Column("outcome", Text),
    Column("decided_at", String(27)),
    Column("expires_at", String(27)),
    Index("review_by_system", "system_id"),
    Index("review_by_state", "state", "due_at"),
)
"""One row per review; `holder` and `due_at` are those of the round clock that runs (gathering, review or answer)."""

clock = Table(
    "clock",
    METADATA,
    Column("review_id", String(36), primary_key=True),
    Column("clock", Text, primary_key=True),
    Column("phase", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("due_at", String(27), nullable=False),
    Column("breached", Boolean, nullable=False),
    Index("clock_by_due", "phase", "due_at"),
)
"""The newest run of each clock. A discipline's sign-off is outstanding as long as its clock has not stopped."""

assignment = Table(
    "assignment",
    METADATA,
    Column("review_id", String(36), primary_key=True),
    Column("discipline", Text, primary_key=True),
    Column("reviewer", String(36), nullable=False),
)

override = Table(
    "override",
    METADATA,
    Column("override_id", String(36), primary_key=True),
    Column("system_id", String(36), nullable=False),
    Column("intake_id", String(36), nullable=False),
    Column("round", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("from_tier", Text, nullable=False),
    Column("to_tier", Text, nullable=False),
    Column("downgrade", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_by", String(36), nullable=False),
    Column("accountable_owner", String(36), nullable=False),
    Column("business_unit", Text),
    Column("product_area", Text),
    Column("proposed_at", String(27), nullable=False),
    Column("ended_at", String(27)),
    Index("override_by_state", "state", "proposed_at"),
)
"""One row per proposal to override a tier: before_board, approved, refused or lapsed."""

standing_aside = Table(
    "standing_aside",
    METADATA,
    Column("matter_id", String(36), primary_key=True),
    Column("person", String(36), primary_key=True),
)
"""Those who can't rule on a review or an override: the people whose request it is, and those who stepped back."""

ruled = Table(
    "ruled",
    METADATA,
    Column("matter_id", String(36), primary_key=True),
    Column("person", String(36), primary_key=True),
    Column("place", Text, nullable=False),
)
"""Where each person has ruled on a review or an override, `signoff:<discipline>` or `vote:<whose>`; votes on a review
go when its evidence changes."""

evidence = Table(
    "evidence",
    METADATA,
    Column("artefact_id", String(36), primary_key=True),
    Column("review_id", String(36), nullable=False),
    Column("system_id", String(36), nullable=False),
    Column("artefact", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("on_table", Boolean, nullable=False),
    Index("evidence_by_digest", "digest"),
    Index("evidence_by_review", "review_id"),
)

message = Table(
    "message",
    METADATA,
    Column("event_id", String(36), primary_key=True),
    Column("review_id", String(36)),
    Column("system_id", String(36)),
    Column("addressee", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("clock", Text),
    Column("words", Text, nullable=False),
    Column("at", String(27), nullable=False),
    Column("due_at", String(27)),
    Column("settled", Boolean, nullable=False),
    Index("message_by_addressee", "addressee", "settled"),
    Index("message_by_clock", "review_id", "clock"),
    Index("message_by_system", "system_id"),
)
"""Reminders and escalations, one row per addressee; settled once the clock they speak of has ended or been paused.

A message of review is about a review; one of intake, before there is any, about a system.
"""

system = Table(
    "system",
    METADATA,
    Column("system_id", String(36), primary_key=True),
    Column("name", Text, nullable=False),
    Column("tier", Text),
    Column("business_unit", Text),
    Column("product_area", Text),
)
"""What intake says of the systems that its messages are about; `tier` is the newest, proposed or confirmed."""

condition = Table(
    "condition",
    METADATA,
    Column("condition_id", String(36), primary_key=True),
    Column("review_id", String(36), nullable=False),
    Column("owner", String(36), nullable=False),
    Column("due_on", String(10), nullable=False),
    Column("imposed_by", Text, nullable=False),
    Column("met", Boolean, nullable=False),
    Index("condition_by_owner", "owner", "met"),
)

appointment = Table(
    "appointment",
    METADATA,
    Column("appointment_id", String(36), primary_key=True),
    Column("person", String(36), nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("valid_from", String(27), nullable=False),
    Column("valid_until", String(27)),
    Column("appointed_by", String(36), nullable=False),
    Column("ended_reason", Text),
)

delegation = Table(
    "delegation",
    METADATA,
    Column("delegation_id", String(36), primary_key=True),
    Column("appointment_id", String(36), nullable=False),
    Column("giver", String(36), nullable=False),
    Column("receiver", String(36), nullable=False),
    Column("valid_from", String(27), nullable=False),
    Column("valid_until", String(27), nullable=False),
)
