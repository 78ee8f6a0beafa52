"""KPIs as of any date: the numbers, their trend, and the facts behind each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.cases import Book, Case, Question
from services.reporting.domain.cut import Cut, Period, Sight
from services.reporting.domain.figures import Figure
from services.reporting.domain.kpis import DEFINITIONS, Answer, Definition, Segment, answer, trend
from services.reporting.queries.reading import last_shown
from services.reporting.queries.standing import Stand, positions, stands
from services.reporting.queries.trail import Entry, named
from shared.policy.kpis import Kpi
from shared.runtime.cursors import Page


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


async def report(connection: AsyncConnection, book: Book, asking: Asking, policy: Sequence[Kpi]) -> Report:
    """Every KPI for what is asked, of what the reader may see."""
    answers = [answer(one, book, asking.question, asking.segment, policy) for one in DEFINITIONS.values()]
    stood = await stands(connection)
    return Report(answers, stood, await positions(connection, stood, asking.question.cut))


def months_of(definition: Definition, book: Book, asking: Asking, months: int) -> Sequence[tuple[Period, Figure]]:
    """A KPI month by month up to the month asked about."""
    return trend(definition, book, asking.as_of, asking.sight, asking.segment, months)


async def behind(
    connection: AsyncConnection, book: Book, definition: Definition, asking: Asking, page: Page
) -> tuple[Sequence[Behind], str | None]:
    """A page of the cases that a number is made of, misses (or the longest) first, and the cursor of the next."""
    cases = asking.segment.cases(definition, book, asking.question)
    ranked = sorted(cases, key=lambda case: _rank(definition, case))
    if (last := last_shown(page, int, str)) is not None:
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
