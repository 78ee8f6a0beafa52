"""The projection of review's own topic, and of what intake told people, into lists and queues."""

from typing import Final

from sqlalchemy import Connection

from services.review.consumer import clocks, offices, override_rows, reviews, systems
from services.review.domain.clock import ClockFact
from services.review.tables import METADATA
from shared.events.review import (
    AppointmentEnded,
    AppointmentMade,
    DelegationEnded,
    DelegationGiven,
    IdentitiesJoined,
    OverrideFact,
    ReviewFact,
)
from shared.events.set_aside import ReviewRecordsReleased
from shared.log.port import Record, facts_topic
from shared.log.projection import Projection

VERSION: Final = "3"
"""The rules of the fold: a new one is a rebuild."""
_INTAKE: Final = facts_topic("intake")


def projection() -> Projection:
    """What review derives of its own facts, and of those by which intake told somebody something."""
    topics = [facts_topic("review"), _INTAKE]
    return Projection(name="review", topics=topics, metadata=METADATA, version=VERSION, apply=apply)


def apply(connection: Connection, record: Record) -> None:
    """Fold one record."""
    if record.partition.topic == _INTAKE:
        systems.apply(connection, record.fact, record.envelope)
        return
    match record.fact:
        case AppointmentMade() | AppointmentEnded() | DelegationGiven() | DelegationEnded() as fact:
            offices.apply(connection, fact)
        case IdentitiesJoined() | ReviewRecordsReleased():
            pass
        case fact if isinstance(fact, ClockFact):
            clocks.apply(connection, fact, record.envelope)
        case fact if isinstance(fact, OverrideFact):
            override_rows.apply(connection, fact, record.envelope)
        case fact if isinstance(fact, ReviewFact):
            reviews.apply(connection, fact, record.envelope)
        case fact:
            raise TypeError(f"{type(fact).__name__} is no fact of review")
