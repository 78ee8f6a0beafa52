"""The rules of triage as they stand in the bundle; `triage` applies them."""

from functools import cached_property

import msgspec

from shared.policy.condition import UNKNOWN, Data, When, attributes_of
from shared.policy.outcome import Considered, RuleKind

Verdicts = tuple[tuple[When, Considered, Considered], ...]
"""Conditions, each with what is said of the rule where it does not hold, and where it does."""


class Rule(Data, frozen=True, kw_only=True, dict=True):
    """What holds under a condition."""

    id: str
    reason: str
    when: When

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that it looks at."""
        return attributes_of(self.when)


class ProhibitedUse(Rule, frozen=True, kw_only=True):
    """A use that the organisation does not make, whatever else is said of it."""


class Elevation(Rule, frozen=True, kw_only=True):
    """Any of these means at least that tier."""

    at_least: str


class Contradiction(Rule, frozen=True, kw_only=True):
    """Answers that cannot all be true: a person must look before anything is confirmed."""


class Unknowns(Data, frozen=True, kw_only=True):
    """What an unknown answer means: at least one tier where it is needed, at least another where it is critical."""

    at_least: str
    critical_at_least: str
    reason: str
    critical_reason: str


class Weight(Data, frozen=True, kw_only=True, dict=True):
    """The points that an attribute's choices bring; of several chosen the heaviest counts, an unlisted one nothing.

    `unknown` is what an unknown answer brings. `not_alone`: this attribute by itself never reaches a high-risk tier.
    """

    attribute: str
    reason: str
    points: dict[str, int]
    unknown: int = 0
    not_alone: bool = False

    @cached_property
    def table(self) -> dict[str, int]:
        """What each value brings that brings anything."""
        return self.points | {UNKNOWN: self.unknown}


class TriageRules(Data, frozen=True, kw_only=True, dict=True):
    """All rules. `thresholds` gives the least score of each tier that a score can reach."""

    prohibited_tier: str
    prohibited: tuple[ProhibitedUse, ...]
    elevations: tuple[Elevation, ...]
    unknowns: Unknowns
    contradictions: tuple[Contradiction, ...]
    weights: tuple[Weight, ...]
    thresholds: dict[str, int]
    auto_confirm: bool

    @cached_property
    def floors(self) -> Verdicts:
        """The rules that set a floor, prohibited uses first."""
        forbidden, tier = self.prohibited, self.prohibited_tier
        return (
            *(_verdict(rule, "prohibited", f"tier {tier}", tier) for rule in forbidden),
            *(_verdict(rule, "elevation", f"at least tier {rule.at_least}", rule.at_least) for rule in self.elevations),
        )

    @cached_property
    def conflicts(self) -> Verdicts:
        """The contradictions."""
        return tuple(_verdict(rule, "contradiction", "a person must look at it", None) for rule in self.contradictions)


def _verdict(rule: Rule, kind: RuleKind, effect: str, tier: str | None) -> tuple[When, Considered, Considered]:
    calm = Considered(
        rule=rule.id, kind=kind, fired=False, effect=effect, reason=rule.reason, attributes=rule.attributes, tier=tier
    )
    return rule.when, calm, msgspec.structs.replace(calm, fired=True)
