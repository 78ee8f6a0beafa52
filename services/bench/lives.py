"""The life of one AI system as its services would append it: a portfolio of any size, drawn from a seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from services.bench.facts import DISCIPLINES, EVIDENCE, PEOPLE, POLICY, Subject
from shared.events.fact import Fact
from shared.store.port import Append, Context, NewEvent, StreamAppend

BEGIN: Final = datetime(2022, 1, 3, 9, tzinfo=UTC)
SPAN: Final = timedelta(days=730)
LONGEST: Final = timedelta(days=60)
"""Within this time of its start a life has been told."""


@dataclass(frozen=True, slots=True)
class Act:
    """What one command of a life appends in one service."""

    service: str
    append: Append


def life(number: int, of: int, seed: int = 1) -> Iterator[Act]:
    """The life of system `number` in a portfolio of so many, in order: 22 facts, 18 where it is never decided.

    Systems come one after the other over two years. The same arguments give the same facts.
    """
    return _Life(Subject(number, start_of(number, of), random.Random(f"{seed}/{number}"))).acts()  # noqa: S311 - a seed


def start_of(number: int, of: int) -> datetime:
    """When the life of that system begins."""
    return BEGIN + SPAN * number / of


class _Life:
    """One system, and how far its streams are."""

    def __init__(self, one: Subject) -> None:
        self._one = one
        self._versions = {f"system/{one.system}": -1, f"review/{one.review}": -1}

    def acts(self) -> Iterator[Act]:
        """Everything that happens to it."""
        one, dice = self._one, self._one.dice
        sure = one.start + timedelta(hours=dice.randrange(2, 30))
        handed = sure + timedelta(days=dice.uniform(1, 8))
        due = handed + timedelta(days=14)
        ended = handed + (due - handed) * dice.uniform(0.5, 1.15)
        yield self._told(one.requester, one.start, one.registration())
        yield self._told(one.reviewer, sure, [one.confirmed()])
        yield self._reviewed(PEOPLE[0], sure, one.opening(sure))
        for nth, item in enumerate(EVIDENCE, start=1):
            at = sure + (handed - sure) * nth / (len(EVIDENCE) + 1)
            yield self._reviewed(one.owner, at, [one.attached(item.artefact)])
        yield self._reviewed(one.owner, handed, one.handing_in(handed, due))
        yield self._reviewed(PEOPLE[0], handed + (due - handed) / 2, [one.reminded(due)])
        for discipline in DISCIPLINES:
            yield self._reviewed(one.reviewer, ended, [one.signed(discipline)])
        if dice.random() < 0.1:
            return
        yield self._reviewed(one.chair, ended, one.ruling(ended, within=ended <= due))
        live = ended + timedelta(days=dice.uniform(1, 12))
        yield self._told(one.owner, live, one.launch(ended, live))

    def _told(self, by: str, at: datetime, facts: Sequence[Fact]) -> Act:
        return self._act("intake", f"system/{self._one.system}", by, at, facts)

    def _reviewed(self, by: str, at: datetime, facts: Sequence[Fact]) -> Act:
        return self._act("review", f"review/{self._one.review}", by, at, facts)

    def _act(self, service: str, stream: str, by: str, at: datetime, facts: Sequence[Fact]) -> Act:
        one, expected = self._one, self._versions[stream]
        self._versions[stream] += len(facts)
        events = [NewEvent(id=one.new_id(), fact=fact, time=at) for fact in facts]
        own = StreamAppend(stream=stream, partitionkey=one.system, expected=expected, events=events)
        context = Context(authtype="app_user", authid=by, correlationid=one.intake, policyversion=POLICY)
        return Act(service, Append(streams=[own], context=context))
