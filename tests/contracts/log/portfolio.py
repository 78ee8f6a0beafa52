"""A projection for tests: how often each discovery was settled, and every reason in order."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Column, Connection, DateTime, Integer, MetaData, String, Table, insert, select, update

from shared.events.intake import DiscoverySettled
from shared.log.port import Record
from shared.log.projection import Projection

metadata = MetaData(schema="view")
settled = Table(
    "settled",
    metadata,
    Column("discovery", String, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("reasons", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
entry = Table(
    "entry",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("discovery", String, nullable=False, index=True),
    Column("number", Integer, nullable=False, info={"physical": True}),
)


class Folds:
    """The projection's rules; `bad` holds the reasons that it can't stand, `seen` counts every application."""

    def __init__(self, *bad: str) -> None:
        self.bad = set(bad)
        self.seen: list[str] = []

    def __call__(self, connection: Connection, record: Record) -> None:
        fact = record.fact
        assert isinstance(fact, DiscoverySettled)
        self.seen.append(f"{fact.discovery_id}/{fact.reason}")
        connection.execute(
            insert(entry).values(event_id=record.envelope.id, discovery=fact.discovery_id, number=len(self.seen))
        )
        if fact.reason in self.bad:
            raise LookupError(f"can't stand {fact.reason}")
        mine = settled.c.discovery == fact.discovery_id
        row = connection.execute(select(settled).where(mine)).one_or_none()
        values: dict[str, Any] = {"at": record.envelope.recordedtime}
        if row is None:
            values |= {"discovery": fact.discovery_id, "times": 1, "reasons": fact.reason}
            connection.execute(insert(settled).values(values))
        else:
            values |= {"times": row.times + 1, "reasons": f"{row.reasons} {fact.reason}"}
            connection.execute(update(settled).where(mine).values(values))


def portfolio(
    topics: Sequence[str], apply: Callable[[Connection, Record], None] | None = None, version: str = "1"
) -> Projection:
    return Projection(name="portfolio", topics=topics, metadata=metadata, version=version, apply=apply or Folds())
