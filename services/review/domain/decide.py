"""Every command of a review and who rules on it."""

from collections.abc import Sequence
from typing import assert_never

from services.review.domain import board, conditions, evidence, noticing, opening, signing
from services.review.domain.case import State, acquainted
from services.review.domain.circumstances import Circumstances
from services.review.domain.commands import (
    Answer,
    Assign,
    Attach,
    CloseVote,
    Command,
    FollowJoining,
    FollowPeople,
    MeetCondition,
    NoticeTime,
    Open,
    Recuse,
    SignOff,
    Submit,
    Vote,
    Withdraw,
)
from shared.events.review import ReviewFact


def decide(state: State, command: Command, at: Circumstances) -> Sequence[ReviewFact]:
    """The facts that a command makes of a review.

    An attempt to approve what one may not is a fact too: a lone `ApprovalRefused`. Raises `Refused` otherwise.
    """
    state = acquainted(state, at.authority.identities)
    match command:
        case Open() | FollowPeople() | FollowJoining() | Withdraw() | NoticeTime():
            return _by_ourselves(state, command, at)
        case Attach():
            return evidence.attach(state, command, at)
        case Submit():
            return evidence.submit(state, command, at)
        case Answer():
            return evidence.answer(state, command, at)
        case Assign():
            return signing.assign(state, command, at)
        case SignOff():
            return signing.sign_off(state, command, at)
        case Recuse():
            return signing.recuse(state, command, at)
        case Vote():
            return board.vote(state, command, at)
        case CloseVote():
            return board.close(state, command, at)
        case MeetCondition():
            return conditions.meet(state, command, at)
        case _:
            assert_never(command)


def _by_ourselves(
    state: State, command: Open | FollowPeople | FollowJoining | Withdraw | NoticeTime, at: Circumstances
) -> Sequence[ReviewFact]:
    match command:
        case Open():
            return opening.open_review(state, command, at)
        case FollowPeople():
            return opening.follow_people(state, command, at)
        case FollowJoining():
            return opening.follow_joining(state, at)
        case Withdraw():
            return opening.withdraw(state, command, at)
        case NoticeTime():
            return noticing.notice(state, at)
        case _:
            assert_never(command)
