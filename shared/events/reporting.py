"""The facts of reporting: it derives everything else and records only what it published."""

from datetime import datetime

from shared.events.fact import Fact


class LogVerified(Fact, frozen=True, kw_only=True):
    """Reporting re-hashed a service's log up to `size` and compared it with the signed checkpoint."""

    service: str
    size: int
    root: str
    whole: bool
    intact: bool
    first_bad: int | None
    reason: str
    verified_at: datetime


ReportingFact = LogVerified
