"""What triage answers."""

from typing import Literal

import msgspec

from shared.policy.clocks import ClockRule
from shared.policy.evidence import EvidenceRequirement
from shared.policy.labels import Label

RuleKind = Literal["prohibited", "elevation", "unknown", "contradiction", "weight", "score"]


class FiredRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that applied. `effect` is what it did, `reason` why, both in words for the people concerned."""

    rule: str
    kind: RuleKind
    effect: str
    reason: str
    attributes: tuple[str, ...] = ()


class Considered(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that was looked at, fired or not. `tier` is the floor that it sets, `points` what it adds, if it fired."""

    rule: str
    kind: RuleKind
    fired: bool
    effect: str
    reason: str
    attributes: tuple[str, ...] = ()
    tier: str | None = None
    points: int = 0


class Triage(msgspec.Struct, frozen=True, kw_only=True):
    """A proposed tier with everything that led to it and that follows from it.

    `trace` holds every rule that was considered, `fired` those that applied. `auto_confirmable`: the bundle may
    confirm it without a person, because it is the lowest tier, nothing needed is unknown and nothing contradicts.
    """

    tier: str
    high_risk: bool
    prohibited: bool
    opens_review: bool
    score: int
    fired: tuple[FiredRule, ...]
    trace: tuple[Considered, ...]
    disciplines: tuple[str, ...]
    evidence: tuple[EvidenceRequirement, ...]
    clocks: tuple[ClockRule, ...]
    labels: tuple[Label, ...]
    unknowns: tuple[str, ...]
    auto_confirmable: bool
    policy_version: str
    policy_digest: str
