"""Intake's tables: those derived from the log for lists (schema "view"), and its own durable ones beside the events.

Instants are text in UTC with six decimals, so that text order is time order in every database.
"""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

VIEW: Final = MetaData(schema="view")
DURABLE: Final = MetaData()

system = Table(
    "intake_system",
    VIEW,
    Column("system_id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sort_name", Text, nullable=False),
    Column("owner", String, nullable=False),
    Column("requester", String, nullable=False),
    Column("region", String, nullable=False),
    Column("business_unit", Text),
    Column("product_area", Text),
    Column("team", Text),
    Column("external_key", Text),
    Column("imported", Boolean, nullable=False),
    Column("registered_at", String(27), nullable=False),
    Column("intake_id", String),
    Column("round", Integer, nullable=False),
    Column("standing", String, nullable=False),
    Column("tier", String),
    Column("high_risk", Boolean, nullable=False),
    Column("score", Integer),
    Column("live", Boolean, nullable=False),
    Column("launched_at", String(27)),
    Column("launched_reviewed", Boolean),
    Column("retired_at", String(27)),
    Column("merged_into", String),
    Index("intake_system_key", "external_key"),
)
"""One row per system. `standing` is its intake's: waiting, asked, confirmed or withdrawn; `tier` the one in force.
`launched_reviewed` is of the latest launch, `launched_at`."""

queue = Table(
    "intake_queue",
    VIEW,
    Column("intake_id", String, primary_key=True),
    Column("system_id", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("business_unit", Text),
    Column("product_area", Text),
    Column("owner", String, nullable=False),
    Column("requester", String, nullable=False),
    Column("round", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("tier", String, nullable=False),
    Column("score", Integer, nullable=False),
    Column("unknowns", Integer, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("submitted_at", String(27), nullable=False),
    Column("starts_at", String(27)),
    Column("due_at", String(27)),
    Column("holder", String, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("breached", Boolean, nullable=False),
    Column("triage_breached", Boolean, nullable=False),
    Column("ended", Boolean, nullable=False),
    Index("intake_queue_system", "system_id"),
)
"""One row per intake that waits for a ruling. `holder` has the ball: triagers or submitter; `reasons` is JSON.
`breached` is of any of its clocks, `triage_breached` of the one that goes on when answers were given.
A system that was retired or merged meanwhile is `ended`: nobody rules on it unless it comes back."""

discovery = Table(
    "intake_discovery",
    VIEW,
    Column("discovery_id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("found_by", Text, nullable=False),
    Column("found_in", Text, nullable=False),
    Column("business_unit", Text),
    Column("product_area", Text),
    Column("live", Boolean, nullable=False),
    Column("discovered_at", String(27), nullable=False),
)
"""One row per discovery that is not settled."""

endpoint = Table(
    "endpoint",
    DURABLE,
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
    Column("request", LargeBinary),
)
"""One row per webhook endpoint. Secrets are wrapped under the master key; `mapping` is YAML; `owner` is the accountable
owner of systems whose records name none. `request` is the digest of the request that made it, NULL where that was not
kept. `refused` counts deliveries whose signature failed: they are not kept."""

delivery = Table(
    "delivery",
    DURABLE,
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
    Column("erased_at", String(27)),
    Index("delivery_dedupe", "endpoint_id", "dedupe", unique=True),
    Index("delivery_digest", "endpoint_id", "digest"),
    Index("delivery_record", "endpoint_id", "record"),
    Index("delivery_state", "state"),
)
"""One row per verified delivery that was no repeat. `state`: received, done, ignored or unmappable. Its body was taken
from it at `erased_at`."""

kept_body = Table(
    "kept_body",
    DURABLE,
    Column("digest", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary),
    Column("erased_at", String(27)),
)
"""Raw bodies by their SHA-256, for all deliveries of those bytes. When the last of them is erased, the digest stays."""
