"""From cases to numbers: ratios, means, medians and ninth deciles; without cases there is no data, never zero."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final, Self

from services.reporting.domain.cases import Case
from shared.policy.kpis import Target

_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Ratio:
    """A number with what it was divided from. `value` is None where there is nothing to divide by: no data."""

    numerator: float
    denominator: float
    value: float | None

    @classmethod
    def of(cls, numerators: Sequence[float], denominators: Sequence[float]) -> Self:
        """The ratio of the sums."""
        numerator = round(math.fsum(numerators), _DIGITS)
        denominator = round(math.fsum(denominators), _DIGITS)
        return cls(numerator, denominator, round(numerator / denominator, _DIGITS) if denominator else None)


@dataclass(frozen=True, slots=True)
class Spread:
    """How values lie: mean, median and ninth decile (nearest rank: nine of ten values are at most this)."""

    mean: float
    median: float
    p90: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self | None:
        """The spread of the values, None for none."""
        if not values:
            return None
        ordered = sorted(values)
        rank = math.ceil(0.9 * len(ordered))
        numbers = (fmean(ordered), median(ordered), ordered[rank - 1])
        return cls(*(round(number, _DIGITS) for number in numbers))


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a KPI for one segment. `spreads` (of the first and the second number) belong to KPIs in days.

    `goals` are what the policy wants of it, `met` and `mature` whether it reaches them: None without data or goal.
    """

    tier: str | None
    product_area: str | None
    main: Ratio
    beside: Ratio
    spreads: tuple[Spread | None, Spread | None] | None
    goals: tuple[Target, ...]
    met: bool | None
    mature: bool | None


def figure(
    cases: Sequence[Case], *, days: bool, goals: tuple[Target, ...], tier: str | None = None, area: str | None = None
) -> Figure:
    """The number that these cases add up to, held against its goals."""
    numerators, besides = [case.numerator for case in cases], [case.beside[0] for case in cases]
    main = Ratio.of(numerators, [case.denominator for case in cases])
    beside = Ratio.of(besides, [case.beside[1] for case in cases])
    spreads = (Spread.of(numerators), Spread.of(besides)) if days else None
    met, mature = (_reached(main, goals, stage, 1 if days else 100) for stage in ("target", "mature"))
    return Figure(tier, area, main, beside, spreads, goals, met, mature)


def _reached(ratio: Ratio, goals: Sequence[Target], stage: str, units: int) -> bool | None:
    found = [goal.met(ratio.numerator * units, ratio.denominator) for goal in goals if goal.stage == stage]
    return None if not found or None in found else all(found)
