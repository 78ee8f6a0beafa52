"""KPIs as of any date: the numbers, their trend, and the facts behind each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.cases import Case, Question
from services.reporting.domain.cut import Cut, Period, Sight
from services.reporting.domain.figures import Figure
from services.reporting.domain.kpis import (
    DEFINITIONS,
    Answer,
    Definition,
    Segment,
    answer,
    month_of,
    months_up_to,
)
from services.reporting.queries.cases import each, summed
from services.reporting.queries.reading import Scope
from services.reporting.queries.standing import Stamp, Stand, counted, positions, stands
from services.reporting.queries.trail import Entry, named
from shared.policy.kpis import Kpi
from shared.runtime.cursors import Page

MOST_KNOWN: Final = 2_000
"""Months whose figures are kept: enough for every reader's trends, and no way to fill the memory with made-up ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked: as of when and in which time, about which period, of which part of the portfolio."""

    as_of: datetime
    sight: Sight = "true"
    period: Period | None = None
    segment: Segment = field(default_factory=Segment)

    @property
    def question(self) -> Question:
        """The question in the domain's words."""
        return Question(Cut.of(self.as_of, self.sight, self.period), self.period)


@dataclass(frozen=True, slots=True)
class Report:
    """Answers, where the tables stood for them, and up to which positions facts were counted."""

    answers: Sequence[Answer]
    stands: Sequence[Stand]
    positions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Behind:
    """One case of a number and the facts that decide its share."""

    case: Case
    facts: Sequence[Entry]


async def report(connection: AsyncConnection, scope: Scope, asking: Asking, policy: Sequence[Kpi]) -> Report:
    """Every KPI for what is asked, of what the reader may see."""
    answers = []
    for one in DEFINITIONS.values():
        cases = await summed(connection, scope, one, asking.question, asking.segment)
        answers.append(answer(one, cases, asking.segment, policy))
    stood = await stands(connection)
    return Report(answers, stood, await positions(connection, stood, asking.question.cut))


class Months:
    """Trends, and the figures of months that are over: they are kept until a fact arrives that could change them.

    Those who don't see everything are answered anew each time.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, Question, Segment], Figure] = {}
        self._stamp: Stamp = ()

    async def trend(
        self, connection: AsyncConnection, scope: Scope, definition: Definition, asking: Asking, months: int
    ) -> Sequence[tuple[Period, Figure]]:
        """A KPI month by month up to the month asked about."""
        known = await self._as_of_now(connection) if scope.reach.everything else {}
        points = []
        for period, question in months_up_to(asking.as_of, asking.sight, months):
            key = (definition.id, question, asking.segment)
            if (figure := known.get(key)) is None:
                cases = await summed(connection, scope, definition, question, asking.segment)
                figure = month_of(definition, cases)
                if question.over and len(known) < MOST_KNOWN:
                    known[key] = figure
            points.append((period, figure))
        return points

    @property
    def kept(self) -> int:
        """How many figures are kept."""
        return len(self._known)

    async def _as_of_now(self, connection: AsyncConnection) -> dict[tuple[str, Question, Segment], Figure]:
        stamp = await counted(connection)
        if stamp != self._stamp:
            self._stamp, self._known = stamp, {}
        return self._known


async def behind(
    connection: AsyncConnection, scope: Scope, definition: Definition, asking: Asking, page: Page
) -> tuple[Sequence[Behind], str | None]:
    """A page of the cases that a number is made of, misses (or the longest) first, and the cursor of the next."""
    cases = await each(connection, scope, definition, asking.question, asking.segment)
    ranked = sorted(cases, key=lambda case: _rank(definition, case))
    if (last := page.last(int, str)) is not None:
        ranked = [case for case in ranked if _rank(definition, case) > last]
    shown = ranked[: page.limit]
    found = await named(connection, [ref for case in shown for ref in case.facts])
    listed = [Behind(case, [found[ref] for ref in case.facts if ref in found]) for case in shown]
    if len(ranked) <= page.limit:
        return listed, None
    return listed, page.next(_rank(definition, shown[-1]))


def _rank(definition: Definition, case: Case) -> tuple[int, str]:
    """What comes first has the smallest rank; a cursor holds whole numbers only."""
    lack = case.denominator - case.numerator or case.beside[1] - case.beside[0]
    first = case.numerator if definition.unit == "days" else lack
    return (-round(first * 1_000_000), case.subject)
