"""Who is told: the holder of an office as of now, the role itself where nobody holds it, and the chain upwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.review.domain.authority import BOARD_CHAIR, DISCIPLINE_LEAD, LEAD, REVIEWER
from services.review.domain.case import Case
from services.review.domain.circumstances import Circumstances
from services.review.domain.clock import ANSWER, BOARD, GATHERING, REVIEW, Clock
from services.review.domain.running import calendars
from shared.events.review import ReviewEscalated, ReviewFact


@dataclass(frozen=True, slots=True)
class Told:
    """An addressee, and the role for which they were addressed."""

    role: str
    addressee: str


def holders_of(case: Case, clock: Clock, at: Circumstances) -> Sequence[Told]:
    """Those who have the ball of a clock: whom a reminder is for."""
    if clock.name in (GATHERING, ANSWER):
        return [Told("requester", case.opened.requester)]
    if clock.name == REVIEW and clock.holder == BOARD:
        return _office(case, BOARD_CHAIR, at)
    disciplines = case.outstanding(at.rules.digest) if clock.discipline is None else [clock.discipline]
    return _once([told for discipline in disciplines for told in _reviewers(case, discipline, at)])


def step(case: Case, clock: Clock, at: Circumstances) -> Sequence[ReviewFact]:
    """The next step of a breached clock's escalation; none once the chain has been told to its end."""
    chain = _chain(case, clock, at)
    if clock.step >= len(chain):
        return []
    told, number = chain[clock.step][0], clock.step + 1
    return [
        ReviewEscalated(
            review_id=case.review_id,
            clock=clock.name,
            reason=f"the {clock.name} clock ran out at {clock.due_at.isoformat()}",
            step=number,
            role=one.role,
            addressee=one.addressee,
            told=_informed(case, at),
            next_at=_later(case, clock, chain[number][1], at) if number < len(chain) else None,
        )
        for one in told
    ]


def to_board(case: Case, reason: str, at: Circumstances) -> Sequence[ReviewFact]:
    """The review goes before the board although its tier alone would not have sent it there."""
    return [
        ReviewEscalated(
            review_id=case.review_id,
            clock=None,
            reason=reason,
            step=1,
            role=told.role,
            addressee=told.addressee,
            told=_informed(case, at),
        )
        for told in _office(case, BOARD_CHAIR, at)
    ]


def _chain(case: Case, clock: Clock, at: Circumstances) -> Sequence[tuple[Sequence[Told], int]]:
    """Whom each step tells, and after how many business days; a step that has nobody to tell here is left out."""
    steps = [(_step(case, clock, one.role, at), one.after_business_days) for one in at.rules.escalation.chain]
    return [(told, days) for told, days in steps if told]


def _step(case: Case, clock: Clock, role: str, at: Circumstances) -> Sequence[Told]:
    if role != DISCIPLINE_LEAD:
        return _office(case, role, at)
    if clock.name == GATHERING:
        return []
    if clock.name == REVIEW and clock.holder == BOARD:
        return _office(case, BOARD_CHAIR, at)
    asked = [case.asked_by] if clock.name == ANSWER and case.asked_by is not None else case.outstanding(at.rules.digest)
    disciplines = asked if clock.discipline is None else [clock.discipline]
    return _once([told for discipline in disciplines for told in _office(case, f"{LEAD}{discipline}", at)])


def _later(case: Case, clock: Clock, business_days: int, at: Circumstances) -> datetime:
    business = calendars(case, at)["business"]
    return business.add_minutes(clock.due_at, business_days * business.day_minutes)


def _reviewers(case: Case, discipline: str, at: Circumstances) -> Sequence[Told]:
    role = f"{REVIEWER}{discipline}"
    if discipline in case.assigned:
        return [Told(role, case.assigned[discipline])]
    lead = _held(case, f"{LEAD}{discipline}", at)
    return lead or _office(case, role, at)


def _office(case: Case, role: str, at: Circumstances) -> Sequence[Told]:
    return _held(case, role, at) or [Told(role, f"role:{role}")]


def _held(case: Case, role: str, at: Circumstances) -> Sequence[Told]:
    made = at.authority.holders([role], at.now, case.scopes)
    return _once([Told(role, one.person) for one in made])


def _informed(case: Case, at: Circumstances) -> tuple[str, ...]:
    return tuple(told.addressee for role in at.rules.escalation.inform for told in _office(case, role, at))


def _once(told: Sequence[Told]) -> Sequence[Told]:
    return list({one.addressee: one for one in told}.values())
