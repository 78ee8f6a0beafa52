"""The KPIs as they are defined: what each counts, in which version, against which target, by which segments."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final, Literal, TypeVar

from services.reporting.domain.cases import Book, Case, Question
from services.reporting.domain.coverage import coverage, high_risk_coverage
from services.reporting.domain.cut import Cut, Period, Sight
from services.reporting.domain.figures import Figure, figure
from services.reporting.domain.reviews import evidence_completeness, sla_attainment, time_to_decision
from shared.policy.kpis import Kpi, Target

K = TypeVar("K", str, str | None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A KPI. A change of `formula` is a new `version`. `beside` says what the second number is, if there is one."""

    id: str
    number: int
    version: int
    name: str
    formula: str
    unit: Literal["share", "days"]
    cadence: str
    cases: Callable[[Book, Question], Iterator[Case]]
    main: str = ""
    beside: str | None = None


DEFINITIONS: Final[Mapping[str, Definition]] = {
    one.id: one
    for one in (
        Definition(
            id="coverage",
            number=1,
            version=2,
            name="Coverage",
            formula="active systems registered with a confirmed tier ÷ (active systems registered + discovered and not "
            "registered). A proposed tier guards a system but does not count until a person, or the policy where it "
            "may, has confirmed it. Retired, merged, and withdrawn systems that were never launched are not active. "
            "What was found in use counts as discovered again while the system that it turned out to be is withdrawn "
            "and was never launched.",
            unit="share",
            cadence="monthly",
            cases=coverage,
        ),
        Definition(
            id="high-risk-coverage",
            number=2,
            version=2,
            name="High-risk coverage",
            formula="high-risk systems live whose latest launch followed a valid approval, by a high-risk review of "
            "the round then in force ÷ high-risk systems live. A system launched before Gatehouse could not be "
            "reviewed by it before: it is left out of the first number until its next launch. The second number "
            "holds every live system, and there it counts once its review has approved it. A system that is live "
            "although its tier is prohibited counts as high-risk, and as covered by nothing. A proposed tier counts "
            "until it is confirmed or its intake is withdrawn; where no tier was ever confirmed, it stays.",
            unit="share",
            cadence="monthly",
            cases=high_risk_coverage,
            main="launched through the gate",
            beside="with systems launched before Gatehouse",
        ),
        Definition(
            id="review-sla",
            number=3,
            version=1,
            name="Review SLA attainment",
            formula="reviews decided inside their paused clock ÷ reviews decided. The second, stricter number divides "
            "by reviews decided + reviews open past their due instant, counted whether or not the breach is recorded.",
            unit="share",
            cadence="monthly",
            cases=sla_attainment,
            main="of reviews decided",
            beside="counting open breaches",
        ),
        Definition(
            id="time-to-decision",
            number=4,
            version=2,
            name="Time to decision",
            formula="calendar days from intake to decision: their sum ÷ decisions, with median and ninth decile. The "
            "first number is gross, the second leaves out the time in which the submitter held the ball: asked for "
            "answers in triage, gathering evidence, or asked for changes in the review.",
            unit="days",
            cadence="monthly",
            cases=time_to_decision,
            main="gross",
            beside="net of the submitter's time",
        ),
        Definition(
            id="evidence-completeness",
            number=5,
            version=1,
            name="Evidence completeness",
            formula="required items complete when the evidence was first submitted for review ÷ required items. The "
            "score is frozen at submission.",
            unit="share",
            cadence="monthly",
            cases=evidence_completeness,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A KPI for a question: one number for all that was asked for, and the same by tier and by product area."""

    definition: Definition
    overall: Figure
    by_tier: Sequence[Figure]
    by_product_area: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of the portfolio that is asked about; None is everything."""

    tier: str | None = None
    product_area: str | None = None

    def of(self, cases: Iterable[Case]) -> list[Case]:
        """Those of the cases that are in this segment."""
        if self.tier is None and self.product_area is None:
            return list(cases)
        return [case for case in cases if self._holds(case)]

    def _holds(self, case: Case) -> bool:
        right_tier = self.tier is None or case.tier == self.tier
        return right_tier and (self.product_area is None or case.product_area == self.product_area)


def answer(definition: Definition, cases: Sequence[Case], segment: Segment, policy: Iterable[Kpi]) -> Answer:
    """The KPI of the segment's cases, and within it by tier and by product area."""
    tiers = _grouped(cases, attrgetter("tier"))
    areas = _grouped(cases, attrgetter("product_area"))
    days, wanted = definition.unit == "days", [one for kpi in policy if kpi.id == definition.id for one in kpi.targets]

    def of(some: Sequence[Case], tier: str | None, area: str | None) -> Figure:
        return figure(some, days=days, goals=_goals(wanted, tier), tier=tier, area=area)

    return Answer(
        definition,
        of(cases, segment.tier, segment.product_area),
        [of(some, tier, segment.product_area) for tier, some in tiers],
        [of(some, segment.tier, area) for area, some in areas],
    )


def month_of(definition: Definition, cases: Sequence[Case]) -> Figure:
    """The KPI of a month in a trend: one number."""
    return figure(cases, days=definition.unit == "days", goals=())


def months_up_to(as_of: datetime, sight: Sight, months: int) -> Iterator[tuple[Period, Question]]:
    """What a trend asks, the month of `as_of` last: what was true at each month's end, or happened within it."""
    for back in range(months - 1, -1, -1):
        period = Period.month_of(as_of, back)
        yield period, Question(Cut.of(as_of, sight, period), period)


def _goals(wanted: Sequence[Target], tier: str | None) -> tuple[Target, ...]:
    own = tuple(one for one in wanted if one.tier is not None and one.tier == tier)
    return own or tuple(one for one in wanted if one.tier is None)


def _grouped(cases: Iterable[Case], key: Callable[[Case], K]) -> list[tuple[K, list[Case]]]:
    groups: defaultdict[K, list[Case]] = defaultdict(list)
    for case in cases:
        groups[key(case)].append(case)
    return sorted(groups.items(), key=lambda group: (group[0] is None, group[0] or ""))
