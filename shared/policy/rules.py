"""The rules of triage as they stand in the bundle; `triage` applies them."""

from shared.policy.condition import Data, When


class ProhibitedUse(Data, frozen=True, kw_only=True):
    """A use that the organisation does not make, whatever else is said of it."""

    id: str
    reason: str
    when: When


class Elevation(Data, frozen=True, kw_only=True):
    """Any of these means at least that tier."""

    id: str
    at_least: str
    reason: str
    when: When


class Contradiction(Data, frozen=True, kw_only=True):
    """Answers that cannot all be true: a person must look before anything is confirmed."""

    id: str
    reason: str
    when: When


class Unknowns(Data, frozen=True, kw_only=True):
    """What an unknown answer means: at least one tier where it is needed, at least another where it is critical."""

    at_least: str
    critical_at_least: str
    reason: str
    critical_reason: str


class Weight(Data, frozen=True, kw_only=True):
    """The points that an attribute's choices bring; of several chosen the heaviest counts, an unlisted one nothing.

    `unknown` is what an unknown answer brings. `not_alone`: this attribute by itself never reaches a high-risk tier.
    """

    attribute: str
    reason: str
    points: dict[str, int]
    unknown: int = 0
    not_alone: bool = False


class TriageRules(Data, frozen=True, kw_only=True):
    """All rules. `thresholds` gives the least score of each tier that a score can reach."""

    prohibited_tier: str
    prohibited: tuple[ProhibitedUse, ...]
    elevations: tuple[Elevation, ...]
    unknowns: Unknowns
    contradictions: tuple[Contradiction, ...]
    weights: tuple[Weight, ...]
    thresholds: dict[str, int]
    auto_confirm: bool
