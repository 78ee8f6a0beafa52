"""A row of the fault table: the fault, what must hold under it, and a control that shows that the check can fail."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from tests.faults.checker import Findings
from tests.faults.lab import Lab

INVARIANTS = {
    "I1": "every acknowledged command is in the store, the topic and each projection",
    "I2": "each event has one effect, each workflow one start",
    "I3": "versions and positions are dense, and the topic keeps the store's order per key",
    "I4": "the root recomputed from the rows is the signed one, and old heads are consistent with it",
    "I5": "projections rebuilt from zero have the digest of the live ones",
    "I6": "the lag is zero within the bound after the fault has ended",
    "I7": "callers get success or a problem with 429, 503 or 507 and Retry-After; never 500, no success that is lost",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run found: by the checker, by the row's own checks (`broken`, in words), and what it counted."""

    findings: Findings = field(default_factory=Findings)
    broken: Sequence[str] = ()
    figures: Mapping[str, int | float | str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return self.findings.clean and not self.broken

    def __str__(self) -> str:
        return "; ".join([str(self.findings), *self.broken])


Experiment = Callable[[Lab], Awaitable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Row `number` of the table. `control` is the same experiment with the protection taken away (`without`): it must
    not hold. `long_only` rows run in the long form alone."""

    number: int
    fault: str
    injected: str
    invariants: Sequence[str]
    run: Experiment
    without: str
    control: Experiment
    long_only: bool = False


def rows() -> Sequence[Row]:
    """Every row there is, by number: each file of the room `rows` has one."""
    files = sorted((Path(__file__).with_name("rows")).glob("row_*.py"))
    found: list[Row] = [import_module(f"tests.faults.rows.{file.stem}").ROW for file in files]
    return sorted(found, key=lambda row: row.number)
