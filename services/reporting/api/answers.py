"""What reporting answers, as documents."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.reporting.domain.figures import Figure, Ratio, Spread
from services.reporting.domain.kpis import Answer, Definition
from services.reporting.queries.kpis import Asking, Behind, Report
from services.reporting.queries.trail import Entry


class Document(BaseModel):
    """An answer; instants are RFC 3339 in UTC."""

    model_config = ConfigDict(frozen=True)


class RatioOut(Document):
    """A number and what it was divided from; `value` null is no data, which is not zero."""

    numerator: float
    denominator: float
    value: float | None

    @classmethod
    def of(cls, ratio: Ratio) -> "RatioOut":
        """The document of a ratio."""
        return cls(numerator=ratio.numerator, denominator=ratio.denominator, value=ratio.value)


class SpreadOut(Document):
    """Mean, median and ninth decile (nearest rank), in the KPI's unit."""

    mean: float
    median: float
    p90: float


class GoalOut(Document):
    """A goal of the policy, in percent or calendar days."""

    stage: str
    at_least: int | None
    below: int | None


class FigureOut(RatioOut):
    """A KPI's number for one segment. `beside` is the second number that is always shown with the first."""

    tier: str | None
    product_area: str | None
    beside: RatioOut | None
    spread: SpreadOut | None
    beside_spread: SpreadOut | None
    goals: tuple[GoalOut, ...]
    met: bool | None
    mature: bool | None


class KpiOut(FigureOut):
    """A KPI with its definition, for what was asked and by segment."""

    id: str
    number: int
    definition_version: int
    name: str
    formula: str
    unit: str
    cadence: str
    reads: str
    beside_reads: str | None
    by_tier: tuple[FigureOut, ...]
    by_product_area: tuple[FigureOut, ...]


class StandOut(Document):
    """Where one service's facts stand in these tables, and up to which position they were counted."""

    service: str
    position: int
    counted_to: int
    facts: int
    missing: int
    recorded: datetime | None


class KpisOut(Document):
    """KPIs as of an instant. `set_aside` facts could not be read and are missing from every number."""

    as_of: datetime
    time: str
    period: str | None
    tier: str | None
    product_area: str | None
    computed_at: tuple[StandOut, ...]
    set_aside: int
    example: bool
    items: tuple[KpiOut, ...]


class FactOut(Document):
    """An entry of the audit trail; `proof` is where the proof is served that it is in the log."""

    service: str
    position: int
    event_id: str
    stream: str
    version: int
    type: str
    time: datetime
    recorded: datetime
    authtype: str
    actor: str
    on_behalf_of: str | None
    system_id: str | None
    correlation: str
    causation: str | None
    policy: str | None
    digest: str
    proof: str

    @classmethod
    def of(cls, entry: Entry) -> "FactOut":
        """The document of an entry."""
        return cls(proof=entry.proof, **{name: getattr(entry, name) for name in Entry.__slots__})


class FactsOut(Document):
    """A page of the audit trail."""

    items: tuple[FactOut, ...]
    next: str | None


class BehindOut(Document):
    """One subject's share of a number, and the facts that decide it."""

    subject: str
    system_id: str | None
    tier: str
    product_area: str | None
    numerator: float
    denominator: float
    beside_numerator: float
    beside_denominator: float
    facts: tuple[FactOut, ...]

    @classmethod
    def of(cls, one: Behind) -> "BehindOut":
        """The document of a case."""
        case = one.case
        return cls(
            subject=case.subject,
            system_id=case.system_id,
            tier=case.tier,
            product_area=case.product_area,
            numerator=case.numerator,
            denominator=case.denominator,
            beside_numerator=case.beside[0],
            beside_denominator=case.beside[1],
            facts=tuple(FactOut.of(entry) for entry in one.facts),
        )


class BehindPage(Document):
    """A page of what a number is made of."""

    kpi: str
    definition_version: int
    items: tuple[BehindOut, ...]
    next: str | None


class PointOut(RatioOut):
    """A KPI in one month."""

    period: str
    beside: RatioOut | None


class TrendOut(Document):
    """A KPI month by month."""

    kpi: str
    definition_version: int
    items: tuple[PointOut, ...]


def kpis_out(report: Report, asking: Asking, set_aside: int, *, example: bool) -> KpisOut:
    """The document of all KPIs."""
    return KpisOut(
        as_of=asking.as_of,
        time=asking.sight,
        period=asking.period.name if asking.period else None,
        tier=asking.segment.tier,
        product_area=asking.segment.product_area,
        computed_at=tuple(
            StandOut(
                service=one.service,
                position=one.position,
                counted_to=report.positions[one.service],
                facts=one.facts,
                missing=one.missing,
                recorded=one.recorded,
            )
            for one in report.stands
        ),
        set_aside=set_aside,
        example=example,
        items=tuple(_kpi(one) for one in report.answers),
    )


def point(period: str, figure: Figure, definition: Definition) -> PointOut:
    """The document of a KPI in one month."""
    beside = RatioOut.of(figure.beside) if definition.beside else None
    return PointOut(period=period, beside=beside, **RatioOut.of(figure.main).model_dump())


def _kpi(answer: Answer) -> KpiOut:
    definition = answer.definition
    return KpiOut(
        id=definition.id,
        number=definition.number,
        definition_version=definition.version,
        name=definition.name,
        formula=definition.formula,
        unit=definition.unit,
        cadence=definition.cadence,
        reads=definition.main,
        beside_reads=definition.beside,
        by_tier=tuple(_figure(one, definition) for one in answer.by_tier),
        by_product_area=tuple(_figure(one, definition) for one in answer.by_product_area),
        **_figure(answer.overall, definition).model_dump(),
    )


def _figure(figure: Figure, definition: Definition) -> FigureOut:
    gross, net = figure.spreads or (None, None)
    return FigureOut(
        tier=figure.tier,
        product_area=figure.product_area,
        beside=RatioOut.of(figure.beside) if definition.beside else None,
        spread=_spread(gross),
        beside_spread=_spread(net),
        goals=tuple(GoalOut(stage=one.stage, at_least=one.at_least, below=one.below) for one in figure.goals),
        met=figure.met,
        mature=figure.mature,
        **RatioOut.of(figure.main).model_dump(),
    )


def _spread(spread: Spread | None) -> SpreadOut | None:
    return None if spread is None else SpreadOut(mean=spread.mean, median=spread.median, p90=spread.p90)
