"""Running clocks, and the people who hold the ball: assigned, responsible, or in the office that is asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting import tables
from services.reporting.domain.cases import NO_TIER
from services.reporting.queries.portfolio import OPEN_REVIEW, active
from services.reporting.queries.reading import Scope

_SYSTEM = tables.system.c
_CLOCK = tables.clock.c
_REVIEW = tables.review.c
_ASIDE = select(tables.stood_aside).where(
    tables.stood_aside.c.review_id == _CLOCK.subject, tables.stood_aside.c.person == _CLOCK.assignee
)
"""An assignee who stood aside since: the sign-off is in nobody's hands again."""
_OFFICE = tables.appointment.c
_SUBMITTER: Final = "submitter"
_REVIEWER: Final = "reviewer:"
_LEAD: Final = "discipline_lead:"
_REVIEWERS: Final = "reviewers"
_BOARD: Final = "board"
_CHAIR: Final = "board_chair"
Offices = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """A running clock: what is due when, and who holds the ball.

    `holder` is as recorded: a person, `role:<role>`, or who it is in the review. `people` are whom that means now.
    """

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
    reminded: int


async def clocks(
    connection: AsyncConnection, scope: Scope, now: datetime, limit: int
) -> tuple[Sequence[ClockLine], int]:
    """Running clocks, the next to fall due first, and how many run; offices are looked up as of now."""
    running = and_(
        _CLOCK.state == "running",
        scope.of_systems,
        or_(
            and_(_CLOCK.kind == "review", _REVIEW.state.in_(OPEN_REVIEW)),
            and_(_CLOCK.kind == "triage", active(), _SYSTEM.triage.is_not(None)),
        ),
    )
    joined = tables.clock.outerjoin(tables.review, _REVIEW.review_id == _CLOCK.subject).join(
        tables.system, _SYSTEM.system_id == _CLOCK.system_id
    )
    total = (await connection.execute(select(func.count()).select_from(joined).where(running))).scalar_one()
    query = (
        select(
            _CLOCK.subject,
            _CLOCK.kind,
            _CLOCK.clock,
            _CLOCK.system_id,
            _SYSTEM.name,
            func.coalesce(_REVIEW.tier, _SYSTEM.tier, NO_TIER).label("tier"),
            func.coalesce(_CLOCK.holder, _SYSTEM.owner).label("holder"),
            case((_ASIDE.exists(), None), else_=_CLOCK.assignee).label("assignee"),
            _REVIEW.requester,
            _SYSTEM.business_unit,
            _SYSTEM.product_area,
            _CLOCK.started_at,
            _CLOCK.due_at,
            _CLOCK.reminded,
        )
        .select_from(joined)
        .where(running)
        .order_by(_CLOCK.due_at, _CLOCK.subject, _CLOCK.clock)
        .limit(limit)
    )
    found = (await connection.execute(query)).mappings().all()
    offices = await _offices(connection, {role for row in found for role in _roles(row.holder)}, now)
    return [_line(row, offices) for row in found], int(total)


async def _offices(connection: AsyncConnection, roles: Collection[str], now: datetime) -> Offices:
    """Who is in these offices at that instant, and within which scope."""
    in_office = and_(
        _OFFICE.role.in_(sorted(roles)),
        _OFFICE.valid_from <= now,
        or_(_OFFICE.valid_until.is_(None), _OFFICE.valid_until > now),
    )
    query = select(_OFFICE.role, _OFFICE.scope, _OFFICE.person).where(in_office).order_by(_OFFICE.person)
    offices: dict[str, list[tuple[str, str]]] = {}
    for row in await connection.execute(query):
        offices.setdefault(row.role, []).append((row.scope, row.person))
    return offices


def _line(row: RowMapping, offices: Offices) -> ClockLine:
    names = ("subject", "kind", "clock", "system_id", "name", "tier", "holder", "started_at", "due_at", "reminded")
    return ClockLine(**{name: row[name] for name in names}, people=_people(row, offices))


def _people(row: RowMapping, offices: Offices) -> tuple[str, ...]:
    """As reminders are addressed: who has it in hand, else who leads, else whoever is in the office."""
    holder = row.holder
    if row.assignee is not None:
        return (row.assignee,)
    if holder == _SUBMITTER:
        return (row.requester,) if row.requester else ()
    within = {"all", f"system:{row.system_id}", *(f"{kind}:{row[kind]}" for kind in ("business_unit", "product_area"))}
    for role in _roles(holder):
        if found := dict.fromkeys(person for scope, person in offices.get(role, ()) if scope in within):
            return tuple(found)
    return () if holder is None or holder == _REVIEWERS or _roles(holder) else (holder,)


def _roles(holder: str | None) -> tuple[str, ...]:
    """The offices that hold the ball, the first that anybody is in; none where it is a person."""
    if holder is None:
        return ()
    if holder.startswith(_REVIEWER):
        return f"{_LEAD}{holder.removeprefix(_REVIEWER)}", holder
    if holder == _BOARD:
        return (_CHAIR,)
    return (holder.removeprefix("role:"),) if holder.startswith("role:") else ()
