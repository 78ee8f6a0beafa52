"""Which evidence a tier asks for (an artefact, at a level, with the sections that must be filled)."""

from functools import cached_property

import msgspec

from shared.policy.condition import Answers, Data, When, holds


class EvidenceRequirement(msgspec.Struct, frozen=True, kw_only=True):
    """One artefact that must be on the table. `required` is false where it is only welcome (level `optional`)."""

    artefact: str
    label: str
    level: str
    required: bool
    sections: tuple[str, ...]
    reason: str


class Level(Data, frozen=True, kw_only=True):
    """How much of an artefact is asked for, in the bundle's word."""

    label: str
    required: bool = True


class Demand(Data, frozen=True, kw_only=True):
    """What one tier asks of one artefact; `sections` absent means all of the template's."""

    level: str
    sections: tuple[str, ...] | None = None
    when: When = ()
    reason: str = ""


class Artefact(Data, frozen=True, kw_only=True):
    """A kind of evidence; `sections` are those of its template."""

    id: str
    label: str
    by_tier: dict[str, Demand]
    sections: tuple[str, ...] = ()


class EvidenceRules(Data, frozen=True, kw_only=True, dict=True):
    """All artefacts."""

    levels: dict[str, Level]
    artefacts: tuple[Artefact, ...]

    def for_tier(self, tier: str, answers: Answers) -> tuple[EvidenceRequirement, ...]:
        """What the tier asks for in view of the answers, in the bundle's order."""
        return tuple([asked for when, asked in self._by_tier.get(tier, ()) if holds(when, answers)])

    @cached_property
    def _by_tier(self) -> dict[str, list[tuple[When, EvidenceRequirement]]]:
        asked: dict[str, list[tuple[When, EvidenceRequirement]]] = {}
        for artefact in self.artefacts:
            for tier, demand in artefact.by_tier.items():
                asked.setdefault(tier, []).append((demand.when, self._requirement(artefact, demand, tier)))
        return asked

    def _requirement(self, artefact: Artefact, demand: Demand, tier: str) -> EvidenceRequirement:
        level = self.levels[demand.level]
        return EvidenceRequirement(
            artefact=artefact.id,
            label=artefact.label,
            level=demand.level,
            required=level.required,
            sections=artefact.sections if demand.sections is None else demand.sections,
            reason=demand.reason or f"{level.label} at tier {tier}.",
        )
