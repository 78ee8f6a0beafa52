"""Reporting's derived tables: everything in them can be made again from the event log.

Rows that change are keyed so that one stream alone changes them; all others are only ever added. Instants are text in
UTC with six decimals, so that their order is time order in every database.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from shared.events.envelope import stamp

METADATA: Final = MetaData(schema="view")


class Instant(TypeDecorator[datetime]):
    """An instant in UTC, kept as `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """The instant's text."""
        return None if value is None else stamp(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The instant in the text."""
        return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


fact = Table(
    "fact",
    METADATA,
    Column("service", String, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("time", Instant, nullable=False),
    Column("recorded", Instant, nullable=False),
    Column("authtype", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("on_behalf_of", String),
    Column("system_id", String),
    Column("correlation", String, nullable=False),
    Column("causation", String),
    Column("policy", String),
    Column("digest", String(64), nullable=False),
    Index("fact_newest", "recorded", "service", "position"),  # each of these answers a page of the trail unsorted
    Index("fact_kind", "type", "recorded", "service", "position"),
    Index("fact_system", "system_id", "recorded", "service", "position"),
    Index("fact_known", "service", "recorded", "position"),
    comment="The audit trail: every fact of every service. `digest` is the RFC 6962 leaf hash of its bytes.",
    sqlite_with_rowid=False,  # the key grows with the log: new rows lie side by side
)

fact_person = Table(
    "fact_person",
    METADATA,
    Column("service", String, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("person", String, primary_key=True),
    Column("recorded", Instant, nullable=False),
    Index("fact_person_newest", "person", "recorded", "service", "position"),
    comment="Who acted in a fact, for whom, and who is named in it.",
    sqlite_with_rowid=False,
)

system = Table(
    "system",
    METADATA,
    Column("system_id", String, primary_key=True),
    Column("name", String),
    Column("owner", String),
    Column("requester", String),
    Column("region", String),
    Column("business_unit", String),
    Column("product_area", String),
    Column("team", String),
    Column("imported", Boolean, nullable=False),
    Column("registered_at", Instant),
    Column("intake_id", String),
    Column("round", Integer, nullable=False),
    Column("tier", String),
    Column("tier_state", String),
    Column("proposed_tier", String),
    Column("score", Integer),
    Column("triage", String),
    Column("proposed_at", Instant),
    Column("triage_due_at", Instant),
    Column("launched_at", Instant),
    Column("launch_version", String),
    Column("launch_reviewed", Boolean),
    Column("launch_imported", Boolean, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("retired_at", Instant),
    Column("merged_into", String),
    Column("settled_at", Instant),
    Column("counted", Boolean, nullable=False),
    Column("counted_tier", String),
    Column("counted_area", String),
    Column("covered", Boolean, nullable=False),
    Column("ever_high_risk", Boolean, nullable=False),
    Column("sent_back", Boolean, nullable=False),
    Column("ever_taken_back", Boolean, nullable=False),
    Column("history", Text, nullable=False),
    Index(
        "system_counted",
        "registered_at",
        "settled_at",
        "launched_at",
        "counted",
        "counted_tier",
        "counted_area",
        "covered",
        "ever_high_risk",
        "sent_back",
        "system_id",
    ),
    comment="AI systems as they stand, and in `history` every fact about each that a KPI may ask for.",
)

review = Table(
    "review",
    METADATA,
    Column("review_id", String, primary_key=True),
    Column("system_id", String, index=True),
    Column("name", String),
    Column("round", Integer, nullable=False),
    Column("tier", String),
    Column("high_risk", Boolean, nullable=False),
    Column("owner", String),
    Column("requester", String),
    Column("business_unit", String),
    Column("product_area", String),
    Column("state", String, nullable=False),
    Column("opened_at", Instant),
    Column("submitted_at", Instant),
    Column("complete", Integer),
    Column("required", Integer),
    Column("decided_at", Instant),
    Column("withdrawn_at", Instant),
    Column("scored_at", Instant),
    Column("ended_at", Instant),
    Column("within", Boolean),
    Column("gross_microseconds", BigInteger),
    Column("submitter_seconds", BigInteger),
    Column("history", Text, nullable=False),
    Index(
        "review_counted",
        "opened_at",
        "ended_at",
        "scored_at",
        "withdrawn_at",
        "tier",
        "product_area",
        "high_risk",
        "within",
        "complete",
        "required",
        "gross_microseconds",
        "submitter_seconds",
        "system_id",
    ),
    comment="Reviews as they stand, and in `history` every fact about each that a KPI may ask for.",
)

discovery = Table(
    "discovery",
    METADATA,
    Column("discovery_id", String, primary_key=True),
    Column("name", String),
    Column("found_by", String),
    Column("found_in", String),
    Column("business_unit", String),
    Column("product_area", String),
    Column("live", Boolean, nullable=False),
    Column("found_at", Instant),
    Column("settled_at", Instant),
    Column("system_id", String),
    Column("history", Text, nullable=False),
    comment="AI systems that were found in use, and what became of each discovery.",
)

clock = Table(
    "clock",
    METADATA,
    Column("subject", String, primary_key=True),
    Column("clock", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("system_id", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("started_at", Instant),
    Column("due_at", Instant),
    Column("holder", String),
    Column("assignee", String),
    Column("reason", String),
    Column("reminded", Integer, nullable=False),
    Column("breached_at", Instant),
    Index("clock_due", "state", "due_at"),
    sqlite_with_rowid=False,
    comment="Clocks of triage (`subject` is an intake) and of reviews, as they stand, and who holds the ball.",
)

stood_aside = Table(
    "stood_aside",
    METADATA,
    Column("review_id", String, primary_key=True),
    Column("person", String, primary_key=True),
    Column("since", Instant),
    comment="Who rules on nothing of a review any more: they stepped back, or came to answer for the system.",
)

appointment = Table(
    "appointment",
    METADATA,
    Column("appointment_id", String, primary_key=True),
    Column("person", String),
    Column("role", String, index=True),
    Column("scope", String),
    Column("valid_from", Instant),
    Column("valid_until", Instant),
    comment="Who holds which office, within which scope (`all` or `<kind>:<value>`), from when until when.",
)

notice = Table(
    "notice",
    METADATA,
    Column("service", String, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("system_id", String, nullable=False),
    Column("subject", String),
    Column("clock", String),
    Column("percent", Integer),
    Column("step", Integer),
    Column("due_at", Instant),
    Column("addressee", String, nullable=False),
    Column("reason", String),
    comment="Reminders and escalations, each with its addressee: a person, or `role:<role>`.",
)

log_head = Table(
    "log_head",
    METADATA,
    Column("service", String, primary_key=True),
    Column("origin", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", String, nullable=False),
    Column("signed", Text, nullable=False),
    comment="The newest signed checkpoint of each service's log that was published.",
    info={"of_the_log": True},
)

verification = Table(
    "verification",
    METADATA,
    Column("service", String, primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", String, nullable=False),
    Column("verified_at", Instant),
    Column("whole_at", Instant),
    Column("cleared_at", Instant),
    Column("failed_at", Instant),
    Column("first_bad", BigInteger),
    Column("reason", String),
    comment="What reporting found on each day when it verified a log. `cleared_at`: found intact as a whole; "
    "`failed_at`: found broken since.",
)

progress = Table(
    "progress",
    METADATA,
    Column("service", String, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("facts", BigInteger, nullable=False),
    Column("highest", BigInteger, nullable=False),
    Column("newest", Instant),
    comment="How many facts of each service are in these tables, the greatest position and the newest recording.",
    info={"of_the_log": True},
)
