"""What became of every row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from services.intake.mappings import Agreement, Unseen

OUTCOMES: Final = ("registered", "amended", "unchanged", "merged", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one row ended: exactly one of `OUTCOMES`. A merged row has the system of the row that stands for it."""

    line: int
    outcome: str
    name: str
    system_id: str | None = None
    intake_id: str | None = None
    tier: str | None = None
    high_risk: bool = False
    score: int | None = None
    reason: str = ""
    merged_with: int | None = None
    possible_duplicates: tuple[int, ...] = ()
    unseen: tuple[Unseen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What the import began: so many clocks, over so many business days; the rest had one, or waits for nobody."""

    begun: int = 0
    days: int = 0
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """The account of an import: the five outcomes add up to the rows."""

    ended: Sequence[Ended]
    triage: Triage
    possible_duplicates: Sequence[Sequence[int]]
    resumed: bool
    agreement: Agreement | None = None
    counts: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        """Count the rows by outcome."""
        counted = Counter(row.outcome for row in self.ended)
        object.__setattr__(self, "counts", {outcome: counted[outcome] for outcome in OUTCOMES})

    @property
    def tiers(self) -> dict[str, int]:
        """How many systems stand at each tier: rows that were merged or refused are none."""
        counted = Counter(row.tier for row in self.ended if row.tier and row.outcome not in ("merged", "refused"))
        return dict(sorted(counted.items()))

    @property
    def unseen(self) -> list[tuple[Unseen, int]]:
        """Spellings that the mapping does not know, and in how many rows each stands."""
        counted = Counter(unseen for row in self.ended for unseen in row.unseen)
        return sorted(counted.items(), key=lambda one: (-one[1], one[0].attribute, one[0].spelling))

    def as_json(self) -> dict[str, Any]:
        """The account as the command line prints it with `--json`."""
        told: dict[str, Any] = {
            "rows": len(self.ended),
            **self.counts,
            "tiers": self.tiers,
            "refusals": [{"line": row.line, "reason": row.reason} for row in self.ended if row.outcome == "refused"],
            "possible_duplicates": [list(lines) for lines in self.possible_duplicates],
            "unseen": [
                {"attribute": one.attribute, "spelling": one.spelling, "rows": rows} for one, rows in self.unseen
            ],
            "triage": {"begun": self.triage.begun, "days": self.triage.days, "refused": list(self.triage.refused)},
            "resumed": self.resumed,
        }
        if self.agreement is not None:
            told["agreement"] = msgspec.to_builtins(self.agreement)
        return told
