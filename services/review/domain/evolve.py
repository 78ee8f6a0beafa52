"""The fold: what a review is after each of its facts. It refuses nothing, for what is recorded has happened."""

from dataclasses import replace
from typing import assert_never

from services.review.domain import clock as clocks
from services.review.domain.case import (
    AwaitingAnswers,
    Case,
    Decided,
    Gathering,
    InReview,
    State,
    Unopened,
    Withdrawn,
)
from services.review.domain.matter import rulers
from shared.events.fact import PersonId
from shared.events.review import (
    ApprovalRefused,
    BallPassed,
    ChangesAnswered,
    ClockBreached,
    ClockPaused,
    ClockReminded,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    CompletenessScored,
    ConditionImposed,
    ConditionMet,
    DecisionRecorded,
    DisciplineAssigned,
    EvidenceAttached,
    EvidenceSubmitted,
    RecusalDeclared,
    ResponsibilityChanged,
    ReviewEscalated,
    ReviewFact,
    ReviewOpened,
    ReviewWithdrawn,
    SignedOff,
    VoteCast,
)


class BrokenHistory(Exception):
    """A review's stream does not begin with its opening: it was not written by us."""


def evolve(state: State, fact: ReviewFact) -> State:
    """The state after one more fact; raises `BrokenHistory` for a fact before the opening."""
    if isinstance(fact, ReviewOpened):
        return Gathering(Case(opened=fact))
    if isinstance(state, Unopened):
        raise BrokenHistory(f"{type(fact).__name__} before the review was opened")
    case = known(state.case, fact)
    match fact:
        case EvidenceSubmitted() | ChangesAnswered():
            return InReview(case)
        case SignedOff(verdict="request_changes"):
            return AwaitingAnswers(case)
        case DecisionRecorded():
            return Decided(case, fact)
        case ReviewWithdrawn():
            return Withdrawn(case, fact)
        case _:
            return replace(state, case=case)


def known(case: Case, fact: ReviewFact) -> Case:
    """The case with what a fact adds to it."""
    match fact:
        case ClockStarted():
            return _started(case, fact)
        case ClockPaused() | BallPassed() | ClockResumed() | ClockStopped() | ClockReminded() | ClockBreached():
            return _ticked(case, fact.clock, fact)
        case ReviewEscalated():
            return replace(case, sent_to_board=True) if fact.clock is None else _ticked(case, fact.clock, fact)
        case EvidenceAttached() | EvidenceSubmitted() | CompletenessScored() | ChangesAnswered():
            return _gathered(case, fact)
        case DisciplineAssigned():
            return replace(case, assigned={**case.assigned, fact.discipline: fact.reviewer})
        case SignedOff():
            asked_by = fact.discipline if fact.verdict == "request_changes" else case.asked_by
            ruled = _placed(case, fact, f"signoff:{fact.discipline}")
            return replace(ruled, verdicts={**case.verdicts, fact.discipline: fact}, asked_by=asked_by)
        case RecusalDeclared() | ResponsibilityChanged():
            return _stood_aside(case, fact)
        case VoteCast():
            whose = fact.on_behalf_of or fact.by
            return replace(_placed(case, fact, f"vote:{whose}"), votes={**case.votes, whose: fact})
        case ConditionImposed():
            return replace(case, conditions={**case.conditions, fact.condition_id: fact})
        case ConditionMet():
            return replace(case, met={**case.met, fact.condition_id: fact})
        case ReviewOpened() | DecisionRecorded() | ReviewWithdrawn() | ApprovalRefused():
            return case
        case _:
            assert_never(fact)


def _stood_aside(case: Case, fact: RecusalDeclared | ResponsibilityChanged) -> Case:
    if isinstance(fact, RecusalDeclared):
        case = replace(case, recused=case.recused | {fact.by})
    else:
        case = replace(case, responsible=fact, submitters=case.submitters | {fact.owner, *fact.joined})
    return replace(case, assigned={name: one for name, one in case.assigned.items() if one not in case.stood_aside})


def _started(case: Case, fact: ClockStarted) -> Case:
    before = case.clocks.get(fact.clock)
    earlier = case.earlier_clocks if before is None else (*case.earlier_clocks, before)
    return replace(case, clocks={**case.clocks, fact.clock: clocks.begin(fact)}, earlier_clocks=earlier)


def _ticked(case: Case, name: str, fact: clocks.ClockFact) -> Case:
    return replace(case, clocks={**case.clocks, name: clocks.fold(case.clocks[name], fact)})


def _placed(case: Case, fact: SignedOff | VoteCast, place: str) -> Case:
    return replace(case, places={**dict.fromkeys(rulers(fact), place), **case.places})


def _gathered(case: Case, fact: EvidenceAttached | EvidenceSubmitted | CompletenessScored | ChangesAnswered) -> Case:
    match fact:
        case EvidenceAttached():
            kept = {name: one for name, one in case.evidence.items() if name != fact.supersedes}
            evidence = {**kept, fact.artefact_id: fact}
            return replace(case, evidence=evidence, submitters=_with(case, fact.producer, fact.hand))
        case EvidenceSubmitted():
            return replace(case, submitters=_with(case, fact.by, fact.hand))
        case CompletenessScored():
            return replace(case, completeness=fact)
        case ChangesAnswered():
            return replace(case, submitters=_with(case, fact.by, fact.hand), asked_by=None)
        case _:
            assert_never(fact)


def _with(case: Case, *people: PersonId | None) -> frozenset[PersonId]:
    return case.submitters | {one for one in people if one is not None}
