"""Why the numbers may be believed: the logs' signed heads, and when they were last verified."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A service's log: the newest signed head that was published, and what verifying it found.

    `verified_size` entries were intact at `verified_at`, every one of them looked at anew at `whole_at`; where
    `failed_at` is set, it was found broken then, at entry `first_bad`, for this `reason`.
    """

    service: str
    origin: str | None
    size: int | None
    root: str | None
    intact: bool | None
    verified_size: int | None
    verified_at: datetime | None
    whole_at: datetime | None
    failed_at: datetime | None
    first_bad: int | None
    reason: str | None


async def logs(connection: AsyncConnection, services: Sequence[str]) -> Sequence[LogLine]:
    """One line per service, in the order asked for."""
    heads = {row.service: row for row in await connection.execute(select(tables.log_head))}
    found = {row.service: row for row in await connection.execute(select(tables.verification))}
    lines = []
    for service in services:
        head, last = heads.get(service), found.get(service)
        lines.append(
            LogLine(
                service=service,
                origin=head.origin if head else None,
                size=head.size if head else None,
                root=head.root if head else None,
                intact=last.intact if last else None,
                verified_size=last.size if last else None,
                verified_at=last.verified_at if last else None,
                whole_at=last.whole_at if last else None,
                failed_at=last.failed_at if last else None,
                first_bad=last.first_bad if last else None,
                reason=last.reason if last else None,
            )
        )
    return lines
