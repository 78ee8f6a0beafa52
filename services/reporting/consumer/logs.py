"""What reporting has found when it verified the services' logs."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from services.reporting import tables
from services.reporting.consumer.folding import Folded
from services.reporting.consumer.heard import Heard
from services.reporting.consumer.rows import Key
from shared.events.reporting import LogVerified


class VerificationRow(Struct, frozen=True, kw_only=True):
    """The findings of one day about one service's log: a day is a stream, so that no stream grows without end.

    `cleared_at` is when all of it was last found intact; `failed_at`, `first_bad` and `reason` are of the first failure
    since.
    """

    service: str
    day: str
    size: int = 0
    root: str = ""
    verified_at: datetime | None = None
    whole_at: datetime | None = None
    cleared_at: datetime | None = None
    failed_at: datetime | None = None
    first_bad: int | None = None
    reason: str | None = None


def _keys(heard: Heard) -> Iterable[Key]:
    fact = heard.fact
    return [(fact.service, f"{fact.verified_at:%Y-%m-%d}")] if isinstance(fact, LogVerified) else []


def _fold(row: VerificationRow, heard: Heard) -> VerificationRow:
    fact = heard.fact
    assert isinstance(fact, LogVerified)
    row = replace(row, size=fact.size, root=fact.root, verified_at=fact.verified_at)
    if fact.whole:
        row = replace(row, whole_at=fact.verified_at)
    if fact.whole and fact.intact:
        return replace(row, cleared_at=fact.verified_at, failed_at=None, first_bad=None, reason=None)
    if not fact.intact and row.failed_at is None:
        return replace(row, failed_at=fact.verified_at, first_bad=fact.first_bad, reason=fact.reason)
    return row


VERIFICATIONS = Folded(
    tables.verification,
    VerificationRow,
    _keys,
    lambda key: VerificationRow(service=str(key[0]), day=str(key[1])),
    _fold,
)
