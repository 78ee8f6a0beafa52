"""The projection of reporting: every topic of every service, folded into the tables that `queries` reads."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from services.reporting.consumer.clocks import CLOCKS, NOTICES
from services.reporting.consumer.folding import View
from services.reporting.consumer.heads import take_head
from services.reporting.consumer.heard import hear
from services.reporting.consumer.logs import VERIFICATIONS
from services.reporting.consumer.offices import APPOINTMENTS
from services.reporting.consumer.recusals import STOOD_ASIDE
from services.reporting.consumer.reviews import REVIEWS
from services.reporting.consumer.systems import DISCOVERIES, SYSTEMS
from services.reporting.consumer.trail import PEOPLE, PROGRESS, TRAIL
from services.reporting.tables import METADATA
from shared.log.port import Record, checkpoints_topic, facts_topic
from shared.log.projection import Projection

SERVICES: Final = ("intake", "review", "monitoring", "reporting")
CHECKPOINTS: Final = tuple(checkpoints_topic(service) for service in SERVICES)
TOPICS: Final = (*(facts_topic(service) for service in SERVICES), *CHECKPOINTS)
VERSION: Final = "9"
"""Changes with the tables or the folds: the projection then rebuilds itself at start."""

VIEWS: Final[Sequence[View]] = (
    TRAIL,
    PEOPLE,
    SYSTEMS,
    DISCOVERIES,
    REVIEWS,
    CLOCKS,
    STOOD_ASIDE,
    NOTICES,
    APPOINTMENTS,
    VERIFICATIONS,
    PROGRESS,
)


def projection() -> Projection:
    """What reporting derives from which topics."""
    return Projection(
        name="reporting",
        topics=TOPICS,
        metadata=METADATA,
        version=VERSION,
        apply=lambda connection, record: take(connection, [record]),
        together=take,
    )


def take(connection: Connection, records: Sequence[Record]) -> None:
    """Take in records in their order; raises what makes a record unreadable, and then nothing of them may be kept."""
    facts = []
    for record in records:
        if record.partition.topic in CHECKPOINTS:
            take_head(connection, record)
        else:
            facts.append(hear(record))
    for view in VIEWS:
        view.take(connection, facts)
