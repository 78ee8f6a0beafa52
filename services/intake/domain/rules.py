"""What the domain asks of the governance policy; `BundleRules` answers from a policy bundle."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.events.fact import Answer
from shared.events.intake import ClockTerms, FiredRule, RequiredEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the policy says of a set of answers, at the tier it proposes or at a higher one that a person chose.

    `confirmable` holds only for the lowest tier without unknown answers or rules in conflict.
    """

    tier: str
    high_risk: bool
    prohibited: bool
    opens_review: bool
    score: int
    fired: tuple[FiredRule, ...]
    disciplines: tuple[str, ...]
    evidence: tuple[RequiredEvidence, ...]
    clocks: tuple[ClockTerms, ...]
    labels: tuple[str, ...]
    unknowns: tuple[str, ...]
    confirmable: bool

    def clock(self, name: str) -> ClockTerms:
        """The terms of one clock; raises `KeyError` for a clock that the bundle does not have."""
        for terms in self.clocks:
            if terms.clock == name:
                return terms
        raise KeyError(name)


class Rules(Protocol):
    """A policy bundle as intake sees it. Minutes are business minutes of a region's calendar."""

    @property
    def version(self) -> str:
        """The bundle's version."""

    @property
    def digest(self) -> str:
        """The bundle's digest: with the version, it names exactly the rules that were applied."""

    def assess(self, answers: Mapping[str, Answer], at_least: str | None = None) -> Assessment:
        """Triage these answers; with `at_least`, what that higher tier would demand of them."""

    def rank(self, tier: str) -> int | None:
        """Where a tier stands in severity, 0 the lowest; None for a tier that the bundle does not have."""

    def due(self, region: str, start: datetime, terms: ClockTerms, minutes: int) -> datetime:
        """When that many minutes of the clock's kind of time have passed since `start`."""

    def spent(self, region: str, start: datetime, end: datetime, terms: ClockTerms) -> int:
        """Minutes of the clock's kind of time between two instants."""
