"""What reporting has found when it verified the services' logs."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from services.reporting import tables
from services.reporting.consumer.folding import Folded, Key
from services.reporting.consumer.heard import Heard
from shared.events.reporting import LogVerified


class VerificationRow(Struct, frozen=True, kw_only=True):
    """The last findings about one service's log. `whole_at` is when every entry was last verified.

    `failed_at`, `first_bad` and `reason` are of the first failure since the log was last found intact as a whole.
    """

    service: str
    size: int = 0
    root: str = ""
    intact: bool = True
    verified_at: datetime | None = None
    whole_at: datetime | None = None
    whole_size: int | None = None
    failed_at: datetime | None = None
    first_bad: int | None = None
    reason: str | None = None


def _keys(heard: Heard) -> Iterable[Key]:
    return [(heard.fact.service,)] if isinstance(heard.fact, LogVerified) else []


def _fold(row: VerificationRow, heard: Heard) -> VerificationRow:
    fact = heard.fact
    assert isinstance(fact, LogVerified)
    whole_at, whole_size = (fact.verified_at, fact.size) if fact.whole else (row.whole_at, row.whole_size)
    failed_at, first_bad, reason = row.failed_at, row.first_bad, row.reason
    if not fact.intact and failed_at is None:
        failed_at, first_bad, reason = fact.verified_at, fact.first_bad, fact.reason
    if fact.intact and fact.whole:
        failed_at, first_bad, reason = None, None, None
    return VerificationRow(
        service=row.service,
        size=fact.size,
        root=fact.root,
        intact=failed_at is None,
        verified_at=fact.verified_at,
        whole_at=whole_at,
        whole_size=whole_size,
        failed_at=failed_at,
        first_bad=first_bad,
        reason=reason,
    )


VERIFICATIONS = Folded(
    tables.verification, VerificationRow, _keys, lambda key: VerificationRow(service=str(key[0])), _fold
)
