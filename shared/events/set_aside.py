"""The facts about records that a consumer had set aside: each service records those about its own consumers."""

from shared.events.fact import Fact, Part, PersonId


class DroppedRecord(Part, frozen=True, kw_only=True):
    """A record that held no fact and is passed over from now on. `digest` is the SHA-256 of its bytes."""

    topic: str
    partition: int
    offset: int
    digest: str


class RecordsReleased(Fact, frozen=True, kw_only=True):
    """An operator let the records of a key be tried again, `waiting` of them; `dropped` stood at their head."""

    consumer: str
    key: str
    waiting: int
    dropped: DroppedRecord | None
    by: PersonId
    reason: str


class IntakeRecordsReleased(RecordsReleased, frozen=True, kw_only=True):
    """An operator let a consumer of intake try records again that it had set aside."""


class ReviewRecordsReleased(RecordsReleased, frozen=True, kw_only=True):
    """An operator let a consumer of review try records again that it had set aside."""


class MonitoringRecordsReleased(RecordsReleased, frozen=True, kw_only=True):
    """An operator let a consumer of monitoring try records again that it had set aside."""


class ReportingRecordsReleased(RecordsReleased, frozen=True, kw_only=True):
    """An operator let reporting's projection try records again that it had set aside."""


ReleaseFact = IntakeRecordsReleased | ReviewRecordsReleased | MonitoringRecordsReleased | ReportingRecordsReleased
