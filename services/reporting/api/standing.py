"""What reporting answers about the present: the portfolio, running clocks, notices, and the logs."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from services.reporting.api.answers import Document
from services.reporting.queries.clocks import ClockLine
from services.reporting.queries.portfolio import NoticeLine, SystemLine, TierCount
from services.reporting.queries.trust import LogLine


class TierOut(Document):
    """Active systems of one tier. `unreviewed` were launched without a known approval, `before` before Gatehouse."""

    tier: str
    systems: int
    confirmed: int
    waiting: int
    in_review: int
    live: int
    unreviewed: int
    before: int


class SystemOut(Document):
    """An AI system. `tier` is the confirmed one, or until there is one the proposed one (`tier_state`)."""

    system_id: str
    name: str | None
    owner: str | None
    business_unit: str | None
    product_area: str | None
    tier: str
    tier_state: str | None
    proposed_tier: str | None
    status: str
    registered_at: datetime | None
    launched_at: datetime | None
    triage_due_at: datetime | None


class PortfolioOut(Document):
    """Active systems by tier, and a page of all systems in the order of their names."""

    tiers: tuple[TierOut, ...]
    example: bool
    items: tuple[SystemOut, ...]
    next: str | None


class ClockOut(Document):
    """A running clock and who holds the ball: `holder` as recorded, `people` whom that means now (opaque ids)."""

    subject: str
    kind: str
    clock: str
    system_id: str
    name: str | None
    tier: str
    holder: str | None
    people: tuple[str, ...]
    started_at: datetime | None
    due_at: datetime
    overdue: bool
    reminded: int


class ClocksOut(Document):
    """The clocks that fall due next. `running` is how many run in all."""

    running: int
    items: tuple[ClockOut, ...]


class NoticeOut(Document):
    """A reminder or an escalation and its addressee: a person's id, or `role:<role>`."""

    at: datetime
    kind: str
    system_id: str
    name: str | None
    clock: str | None
    percent: int | None
    addressee: str
    reason: str | None
    service: str
    position: int


class NoticesOut(Document):
    """The newest reminders and escalations."""

    items: tuple[NoticeOut, ...]


class LogOut(Document):
    """A service's log: its newest signed head, and what verifying it found."""

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


class VerificationOut(Document):
    """All logs. `intact` is None until each that has entries was verified, and false once one was found broken."""

    intact: bool | None
    items: tuple[LogOut, ...]


def portfolio_out(
    tiers: Sequence[TierCount], systems: Sequence[SystemLine], following: str | None, *, example: bool
) -> PortfolioOut:
    """The document of the portfolio."""
    return PortfolioOut(
        tiers=tuple(TierOut(**asdict(one)) for one in tiers),
        example=example,
        items=tuple(SystemOut(**asdict(one)) for one in systems),
        next=following,
    )


def clocks_out(lines: Sequence[ClockLine], running: int, now: datetime) -> ClocksOut:
    """The document of running clocks."""
    items = tuple(ClockOut(overdue=one.due_at <= now, **asdict(one)) for one in lines)
    return ClocksOut(running=running, items=items)


def notices_out(lines: Sequence[NoticeLine]) -> NoticesOut:
    """The document of notices."""
    return NoticesOut(items=tuple(NoticeOut(**asdict(one)) for one in lines))


def verification_out(lines: Sequence[LogLine]) -> VerificationOut:
    """The document of the logs."""
    found = [line.intact for line in lines if line.size is not None or line.intact is not None]
    intact = False if False in found else None if None in found or not found else True
    return VerificationOut(intact=intact, items=tuple(LogOut(**asdict(one)) for one in lines))
