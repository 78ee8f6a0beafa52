"""A governance policy, whole and unchangeable: what every decision of the product is taken under."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import rfc8785

from shared.policy.authority import Authority
from shared.policy.calendar import BusinessCalendar
from shared.policy.clocks import ClockRule, ClockRules
from shared.policy.coherence import incoherences
from shared.policy.condition import Answers
from shared.policy.disciplines import DisciplineRules
from shared.policy.evidence import EvidenceRequirement, EvidenceRules
from shared.policy.form import Form
from shared.policy.kpis import Kpi
from shared.policy.labels import Label, LabelRules
from shared.policy.regions import Regions
from shared.policy.rules import TriageRules
from shared.policy.schema import Documents, InvalidBundle, read_documents
from shared.policy.tiers import Tier, Tiers

_DEFAULT: Final = Path(__file__).parent / "default"


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """One version of the policy. `digest` is the SHA-256 (hex) of all its content and of the holidays it counts with.

    Two bundles with one digest decide alike. `rules` are those of triage, which `shared.policy.triage` applies.
    """

    version: str
    title: str
    effective_from: date
    digest: str
    form: Form
    tiers: Tiers
    rules: TriageRules
    authority: Authority
    clocks: ClockRules
    kpis: tuple[Kpi, ...]
    disciplines: DisciplineRules
    evidence: EvidenceRules
    labels: LabelRules
    regions: Regions

    def tier(self, name: str) -> Tier:
        """The tier with that id. Raises `LookupError` where there is none."""
        return self.tiers.named(name)

    def clock(self, kind: str, tier: str) -> ClockRule:
        """The clock of that kind (triage, gathering, review, signoff, answer) at that tier.

        Raises `LookupError` where there is none.
        """
        return self.clocks.rule(kind, tier)

    def clocks_for(self, tier: str) -> tuple[ClockRule, ...]:
        """Every clock of that tier."""
        return self.clocks.for_tier(tier)

    def evidence_for(self, tier: str, answers: Answers) -> tuple[EvidenceRequirement, ...]:
        """What must be on the table at that tier, in view of the answers."""
        return self.evidence.for_tier(tier, answers)

    def disciplines_for(self, tier: str, answers: Answers) -> tuple[str, ...]:
        """Who must sign off at that tier, in view of the answers."""
        return self.disciplines.for_tier(tier, answers)

    def labels_for(self, answers: Answers) -> tuple[Label, ...]:
        """The legal classes that the answers fall under, each with its dates."""
        return self.labels.for_answers(answers)

    def calendar(self, region: str | None = None) -> BusinessCalendar:
        """The business calendar of a region, or of the default region.

        Raises `LookupError` for a region that the bundle does not have.
        """
        name = self.regions.default_region if region is None else region
        if name not in self.regions.calendars:
            raise LookupError(f"the bundle has no region {name!r}")
        return self.regions.calendars[name]

    def calendar_of(self, recorded: str) -> BusinessCalendar:
        """The calendar for the region on record of a system: the default one where this bundle has that no longer.

        A region that a new policy drops would stop the clocks of its systems, and with them all that is decided.
        """
        return self.calendar(recorded if recorded in self.regions.calendars else None)


def load_bundle(folder: Path | None = None) -> Bundle:
    """The bundle in this folder, or the default one.

    Raises `InvalidBundle`, which lists everything that is wrong.
    """
    docs, content = read_documents(_DEFAULT if folder is None else folder)
    errors = incoherences(docs)
    try:
        holidays = {name: _dates(calendar) for name, calendar in docs.regions.calendars.items()}
    except (ValueError, KeyError) as error:
        raise InvalidBundle([*errors, f"regions.yaml: {error}"]) from error
    if errors:
        raise InvalidBundle(errors)
    return _bundle(docs, sha256(rfc8785.dumps({"documents": content, "holidays": holidays})).hexdigest())


def _dates(calendar: BusinessCalendar) -> list[str]:
    return sorted(day.isoformat() for day in calendar.holidays)


def _bundle(docs: Documents, digest: str) -> Bundle:
    kept: dict[str, Any] = {
        name: getattr(docs, name)
        for name in ("form", "tiers", "authority", "clocks", "disciplines", "evidence", "labels", "regions")
    }
    return Bundle(
        version=docs.bundle.version,
        title=docs.bundle.title,
        effective_from=docs.bundle.effective_from,
        digest=digest,
        rules=docs.triage,
        kpis=docs.kpis.kpis,
        **kept,
    )
