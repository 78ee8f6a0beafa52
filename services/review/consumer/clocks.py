"""Rows of clocks, and of what they told whom."""

from typing import Any

from sqlalchemy import Connection, delete, insert, update

from services.review.domain.clock import REVIEWERS, ROUNDS, ClockFact
from services.review.tables import clock, message, review, ruled
from shared.events.envelope import Envelope, stamp
from shared.events.review import (
    BallPassed,
    ClockBreached,
    ClockPaused,
    ClockReminded,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    ReviewEscalated,
)


def apply(connection: Connection, fact: ClockFact, envelope: Envelope) -> None:
    """Fold one fact of a clock."""
    match fact:
        case ClockStarted():
            _start(connection, fact)
        case ClockPaused():
            _move(connection, fact.review_id, fact.clock, phase="paused", holder=fact.holder)
            _settle(connection, fact.review_id, fact.clock)
        case ClockResumed():
            due = stamp(fact.due_at)
            _move(connection, fact.review_id, fact.clock, phase="running", holder=fact.holder, due_at=due)
            _round(connection, fact.review_id, fact.clock, holder=fact.holder, due_at=due)
        case BallPassed():
            _move(connection, fact.review_id, fact.clock, holder=fact.holder)
            _round(connection, fact.review_id, fact.clock, holder=fact.holder)
            if fact.holder == REVIEWERS:
                _forget_votes(connection, fact.review_id)
        case ClockStopped():
            _move(connection, fact.review_id, fact.clock, phase="stopped")
            _settle(connection, fact.review_id, fact.clock)
        case ClockBreached():
            _move(connection, fact.review_id, fact.clock, breached=True)
        case ClockReminded():
            words = f"{fact.percent} % of the {fact.clock} clock is gone"
            _tell(
                connection, fact.review_id, fact.clock, fact.addressee, "reminder", words, envelope, stamp(fact.due_at)
            )
        case ReviewEscalated():
            _escalate(connection, fact, envelope)


def _start(connection: Connection, fact: ClockStarted) -> None:
    mine = delete(clock).where(clock.c.review_id == fact.review_id, clock.c.clock == fact.clock)
    connection.execute(mine)
    due = stamp(fact.due_at)
    connection.execute(
        insert(clock).values(
            review_id=fact.review_id,
            clock=fact.clock,
            phase="running",
            holder=fact.holder,
            due_at=due,
            breached=False,
        )
    )
    _round(connection, fact.review_id, fact.clock, holder=fact.holder, due_at=due)


def _move(connection: Connection, review_id: str, name: str, **values: Any) -> None:
    connection.execute(update(clock).where(clock.c.review_id == review_id, clock.c.clock == name).values(values))


def _round(connection: Connection, review_id: str, name: str, **values: Any) -> None:
    """What the review's row says of the one round clock that runs."""
    if name in ROUNDS:
        connection.execute(update(review).where(review.c.review_id == review_id).values(values))


def _escalate(connection: Connection, fact: ReviewEscalated, envelope: Envelope) -> None:
    words = f"step {fact.step}: {fact.reason}"
    _tell(connection, fact.review_id, fact.clock, fact.addressee, "escalation", words, envelope, None)
    for other in fact.told:
        if other != fact.addressee:
            _tell(connection, fact.review_id, fact.clock, other, "told", words, envelope, None)


def _tell(
    connection: Connection,
    review_id: str,
    name: str | None,
    addressee: str,
    kind: str,
    words: str,
    envelope: Envelope,
    due_at: str | None,
) -> None:
    connection.execute(
        insert(message).values(
            event_id=envelope.id,
            review_id=review_id,
            addressee=addressee,
            kind=kind,
            clock=name,
            words=words,
            at=stamp(envelope.time),
            due_at=due_at,
            settled=False,
        )
    )


def _forget_votes(connection: Connection, review_id: str) -> None:
    votes = delete(ruled).where(ruled.c.matter_id == review_id, ruled.c.place.startswith("vote:"))
    connection.execute(votes)


def _settle(connection: Connection, review_id: str, name: str) -> None:
    spoken = update(message).where(message.c.review_id == review_id, message.c.clock == name)
    connection.execute(spoken.values(settled=True))
