"""The projection of review's own topic into its lists and queues."""

from typing import Final

from sqlalchemy import Connection

from services.review.consumer import clocks, offices, reviews
from services.review.domain.clock import ClockFact
from services.review.tables import METADATA
from shared.events.review import AppointmentEnded, AppointmentMade, DelegationEnded, DelegationGiven, ReviewFact
from shared.log.port import Record, facts_topic
from shared.log.projection import Projection

VERSION: Final = "1"
"""The rules of the fold: a new one is a rebuild."""


def projection() -> Projection:
    """What review derives of its own facts."""
    return Projection(name="review", topics=[facts_topic("review")], metadata=METADATA, version=VERSION, apply=apply)


def apply(connection: Connection, record: Record) -> None:
    """Fold one record."""
    match record.fact:
        case AppointmentMade() | AppointmentEnded() | DelegationGiven() | DelegationEnded() as fact:
            offices.apply(connection, fact)
        case fact if isinstance(fact, ClockFact):
            clocks.apply(connection, fact, record.envelope)
        case fact if isinstance(fact, ReviewFact):
            reviews.apply(connection, fact, record.envelope)
        case fact:
            raise TypeError(f"{type(fact).__name__} is no fact of review")
