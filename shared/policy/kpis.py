"""Targets of the programme's figures. The formulas live with the figures; only the targets are policy."""

from typing import Literal

from shared.policy.condition import Data


class Target(Data, frozen=True, kw_only=True):
    """A figure is on target if it is `at_least` or `below` that many units, for one tier or for all (`tier` absent)."""

    stage: Literal["target", "mature"]
    at_least: int | None = None
    below: int | None = None
    tier: str | None = None

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.below is None):
            raise ValueError("a target is either at_least or below")

    def met(self, numerator: float, denominator: float) -> bool | None:
        """Whether numerator ÷ denominator, in the target's unit, is on target; None where there is no data."""
        if denominator == 0:
            return None
        if self.at_least is not None:
            return numerator >= self.at_least * denominator
        return self.below is not None and numerator < self.below * denominator


class Kpi(Data, frozen=True, kw_only=True):
    """One figure with its targets."""

    id: str
    number: int
    title: str
    cadence: Literal["monthly", "quarterly", "half-yearly", "yearly"]
    unit: Literal["percent", "calendar-days"]
    definition_version: int
    targets: tuple[Target, ...]


class Kpis(Data, frozen=True, kw_only=True):
    """All figures that have targets."""

    kpis: tuple[Kpi, ...]
