"""Clocks as they stand and who holds the ball, and the reminders and escalations that were addressed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from services.reporting import tables
from services.reporting.consumer.folding import Added, Folded
from services.reporting.consumer.heard import Heard
from services.reporting.consumer.rows import Key
from shared.events import intake, review
from shared.events.fact import Fact

TRIAGE: Final = "triage"
ANSWER: Final = "answer"
SIGN_OFF: Final = "signoff:"


class ClockRow(Struct, frozen=True, kw_only=True):
    """A clock of a review, or of the open triage of a system (`subject` is then the system).

    `state`: running, paused, stopped. `holder` is a person, `role:<role>`, or who it is in the review (submitter,
    reviewers, board, reviewer:<discipline>); it is absent where a triage waits for the system's owner. `assignee` has
    the sign-off in hand. `reminded` is the greatest percent that was reminded of.
    """

    subject: str
    clock: str
    kind: str = "review"
    system_id: str = ""
    state: str = "stopped"
    started_at: datetime | None = None
    due_at: datetime | None = None
    holder: str | None = None
    assignee: str | None = None
    reason: str | None = None
    reminded: int = 0
    breached_at: datetime | None = None


_OF_REVIEW: Final = (
    review.ClockStarted,
    review.ClockPaused,
    review.BallPassed,
    review.ClockResumed,
    review.ClockStopped,
    review.ClockReminded,
    review.ClockBreached,
)
_OF_BOTH: Final = (
    intake.TierProposed,
    intake.TierConfirmed,
    intake.AnswersRequested,
    intake.IntakeWithdrawn,
    intake.SystemRetired,
    intake.SystemMerged,
)
_FIND: Final[Mapping[type[Fact], Callable[[Any], Sequence[Key]]]] = {
    **dict.fromkeys(_OF_REVIEW, lambda fact: [(fact.review_id, fact.clock)]),
    **dict.fromkeys(_OF_BOTH, lambda fact: [(fact.system_id, TRIAGE), (fact.system_id, ANSWER)]),
    **dict.fromkeys((intake.TriageReminded, intake.TriageBreached), lambda fact: [(fact.system_id, fact.clock)]),
    review.DisciplineAssigned: lambda fact: [(fact.review_id, f"{SIGN_OFF}{fact.discipline}")],
}


def _keys(heard: Heard) -> Iterable[Key]:
    find = _FIND.get(type(heard.fact))
    return () if find is None else find(heard.fact)


def _fold(row: ClockRow, heard: Heard) -> ClockRow:
    if heard.service == "review":
        return _of_review(replace(row, kind="review", system_id=heard.system_id or ""), heard.fact)
    row = replace(row, kind="triage", system_id=row.subject)
    return _of_triage(row, heard.fact, heard) if row.clock == TRIAGE else _of_answer(row, heard.fact, heard)


def _of_review(row: ClockRow, fact: Fact) -> ClockRow:
    match fact:
        case review.ClockStarted():
            return replace(
                row,
                state="running",
                started_at=fact.started_at,
                due_at=fact.due_at,
                holder=fact.holder,
                reason=None,
                reminded=0,
                breached_at=None,
            )
        case review.DisciplineAssigned():
            return replace(row, assignee=fact.reviewer)
        case review.ClockPaused():
            return replace(row, state="paused", due_at=None, holder=fact.holder, reason=fact.reason)
        case review.BallPassed():
            return replace(row, holder=fact.holder, reason=fact.reason)
        case review.ClockResumed():
            return replace(row, state="running", due_at=fact.due_at, holder=fact.holder, reason=None)
        case review.ClockStopped():
            return replace(row, state="stopped")
        case review.ClockReminded():
            return replace(row, reminded=max(row.reminded, fact.percent))
        case review.ClockBreached():
            return replace(row, breached_at=fact.due_at)
        case _:
            return row


def _of_triage(row: ClockRow, fact: Fact, heard: Heard) -> ClockRow:
    match fact:
        case intake.TierProposed(triage_due_at=None):
            return replace(row, state="stopped", due_at=None)
        case intake.TierProposed():
            # a clock that goes on after an amendment has said what it said
            goes_on = row.state != "stopped" and fact.triage_starts_at is None
            began = row if goes_on else replace(row, started_at=None, reminded=0, breached_at=None)
            return replace(
                began,
                state="running",
                started_at=began.started_at or fact.triage_starts_at or heard.envelope.time,
                due_at=fact.triage_due_at,
                holder="role:triager",
                reason=None,
            )
        case intake.AnswersRequested():
            return replace(row, state="paused", due_at=None, reason=fact.reason)
        case _:
            return _ended(row, fact)


def _of_answer(row: ClockRow, fact: Fact, heard: Heard) -> ClockRow:
    match fact:
        case intake.AnswersRequested():
            return replace(
                row,
                state="running",
                started_at=heard.envelope.time,
                due_at=fact.due_at,
                holder=None,
                reason=fact.reason,
                reminded=0,
                breached_at=None,
            )
        case intake.TierProposed():
            return replace(row, state="stopped")
        case _:
            return _ended(row, fact)


def _ended(row: ClockRow, fact: Fact) -> ClockRow:
    match fact:
        case intake.TriageReminded():
            return replace(row, reminded=max(row.reminded, fact.percent))
        case intake.TriageBreached():
            return replace(row, breached_at=fact.due_at)
        case _:
            return replace(row, state="stopped")


def _notices(heard: Heard) -> Iterable[Mapping[str, Any]]:
    told = _told(heard.fact)
    if told is None:
        return ()
    base = {"service": heard.service, "position": heard.position, "at": heard.envelope.time}
    absent = dict.fromkeys(("clock", "percent", "step", "due_at", "reason"))
    return [{**absent, **base, "system_id": heard.system_id or "", **told}]


def _told(fact: Fact) -> Mapping[str, Any] | None:
    match fact:
        case intake.TriageReminded() | review.ClockReminded():
            told = {"kind": "reminder", "percent": fact.percent, "due_at": fact.due_at, "clock": fact.clock}
            return told | {"subject": _subject(fact), "addressee": fact.addressee}
        case intake.TriageBreached():
            told = {"kind": "escalation", "due_at": fact.due_at, "clock": fact.clock, "addressee": fact.addressee}
            return told | {"subject": fact.system_id, "reason": "the clock of triage ran out"}
        case intake.TriageEscalated():
            told = {"kind": "escalation", "due_at": fact.due_at, "clock": fact.clock, "addressee": fact.addressee}
            return told | {"subject": fact.system_id, "step": fact.step, "reason": "the clock of triage ran out"}
        case review.ReviewEscalated():
            told = {"kind": "escalation", "clock": fact.clock, "step": fact.step, "reason": fact.reason}
            return told | {"subject": fact.review_id, "addressee": fact.addressee}
        case intake.LaunchEscalated():
            told = {"kind": "escalation", "subject": fact.system_id, "addressee": fact.addressee}
            return told | {"reason": "launched without a known approval"}
        case _:
            return None


def _subject(fact: intake.TriageReminded | review.ClockReminded) -> str:
    return fact.system_id if isinstance(fact, intake.TriageReminded) else fact.review_id


CLOCKS = Folded(tables.clock, ClockRow, _keys, lambda key: ClockRow(subject=str(key[0]), clock=str(key[1])), _fold)
NOTICES = Added(tables.notice, _notices)
