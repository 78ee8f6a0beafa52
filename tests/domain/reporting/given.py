"""Sentences about KPIs: given these facts, as of then, a number."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self

from services.reporting.domain.cases import Book, Question
from services.reporting.domain.cut import Cut, Mark, Period, Sight
from services.reporting.domain.histories import (
    DiscoveryHistory,
    ReviewHistory,
    SystemHistory,
    of_discovery,
    of_review,
    of_system,
)
from services.reporting.domain.kpis import DEFINITIONS, Answer, Segment, answer
from shared.events import intake
from shared.events.catalogue import type_of
from shared.events.fact import Fact
from shared.policy.kpis import Kpi, Target
from tests.domain.reporting.facts import at


class Happened(NamedTuple):
    """A fact, when it happened and, where that differs, when it was recorded."""

    when: str
    fact: Fact
    recorded: str | None = None


def book_of(happened: Sequence[Happened]) -> Book:
    """The histories that these facts make; positions count per service, in the order given."""
    systems: dict[str, SystemHistory] = {}
    reviews: dict[str, ReviewHistory] = {}
    discoveries: dict[str, DiscoveryHistory] = {}
    counted = {"intake": 0, "review": 0}
    for when, fact, recorded in happened:
        service = type_of(fact).split(".")[1]
        mark = Mark(at(when), at(recorded or when), counted[service])
        counted[service] += 1
        if isinstance(fact, intake.SystemDiscovered | intake.DiscoverySettled):
            key = fact.discovery_id
            discoveries[key] = of_discovery(discoveries.get(key, DiscoveryHistory(key)), fact, mark)
        elif service == "intake":
            key = fact.system_id  # type: ignore[attr-defined]
            systems[key] = of_system(systems.get(key, SystemHistory(key)), fact, mark)
        else:
            key = fact.review_id  # type: ignore[attr-defined]
            reviews[key] = of_review(reviews.get(key, ReviewHistory(key)), fact, mark)
    return Book(list(systems.values()), list(reviews.values()), list(discoveries.values()))


class Asked:
    """A KPI asked of a book: `then` holds numerator and denominator against what was computed by hand."""

    def __init__(self, found: Answer) -> None:
        self.found = found

    def then(self, numerator: float, denominator: float) -> Self:
        main = self.found.overall.main
        assert (main.numerator, main.denominator) == (numerator, denominator)
        assert main.value == (round(numerator / denominator, 6) if denominator else None)
        return self

    def beside(self, numerator: float, denominator: float) -> Self:
        assert (self.found.overall.beside.numerator, self.found.overall.beside.denominator) == (numerator, denominator)
        return self

    def no_data(self) -> Self:
        assert self.found.overall.main.value is None
        assert self.found.overall.met is None
        return self


def ask(
    kpi: str,
    happened: Sequence[Happened],
    as_of: str | datetime,
    sight: Sight = "true",
    *,
    period: str | None = None,
    segment: Segment | None = None,
    policy: Sequence[Kpi] = (),
) -> Asked:
    """The KPI over these facts as of an instant."""
    instant = at(as_of) if isinstance(as_of, str) else as_of
    about = Period.parse(period) if period else None
    question = Question(Cut.of(instant, sight, about), about)
    definition, part = DEFINITIONS[kpi], segment or Segment()
    return Asked(answer(definition, part.of(definition.cases(book_of(happened), question)), part, policy))


def wanted(kpi: str, **target: object) -> list[Kpi]:
    """A policy that has this one target."""
    whole = Target(stage="target", **target)  # type: ignore[arg-type]
    rest = {"number": 1, "title": kpi, "cadence": "monthly", "unit": "percent", "definition_version": 1}
    return [Kpi(id=kpi, targets=(whole,), **rest)]  # type: ignore[arg-type]
