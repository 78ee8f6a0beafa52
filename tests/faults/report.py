"""The fault table as people and programs read it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.faults.experiment import Result, Row

SHOWN: Final = 3
"""What broke, as far as a table shows it; the JSON has all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A row that was run: what it found, what its control found, and how long both took. `missing` says why it was not
    run to its end: a part that is not here, or what it raised."""

    row: Row
    result: Result | None = None
    control: Result | None = None
    seconds: float = 0.0
    missing: str = ""

    @property
    def good(self) -> bool:
        """It holds, and the control shows that it could have failed."""
        return self.result is not None and self.result.holds and self.control is not None and not self.control.holds


def as_json(done: Sequence[Done]) -> list[dict[str, Any]]:
    """One object a row."""
    return [
        {
            "row": each.row.number,
            "fault": each.row.fault,
            "injected": each.row.injected,
            "invariants": list(each.row.invariants),
            "good": each.good,
            "missing": each.missing or None,
            "seconds": round(each.seconds, 1),
            "run": _plain(each.result),
            "control": {"without": each.row.without, **(_plain(each.control) or {})},
        }
        for each in done
    ]


def as_markdown(done: Sequence[Done]) -> str:
    """The table of `docs/reliability.md`: findings as lost/duplicated/reordered/skipped/phantom."""
    lines = [
        "| # | fault | injected | must hold | found | counted | control: without … | it finds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in done:
        row = each.row
        cells = [str(row.number), row.fault, row.injected, " ".join(row.invariants)]
        cells += [_found(each.result) if each.result else f"not run: {each.missing}", _figures(each.result)]
        cells += [row.without, _found(each.control) if each.control else "not run"]
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines)


def _found(result: Result) -> str:
    counts = "/".join(str(number) for number in result.findings.counts.values())
    told = [*result.broken[:SHOWN], *([f"and {more} more"] if (more := len(result.broken) - SHOWN) > 0 else [])]
    return "; ".join([counts, *told])


def _figures(result: Result | None) -> str:
    figures = result.figures if result is not None else {}
    return ", ".join(f"{name} {_number(value)}" for name, value in figures.items())


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def _plain(result: Result | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "holds": result.holds,
        "findings": result.findings.counts,
        "broken": list(result.broken),
        "figures": {name: None if value == math.inf else value for name, value in result.figures.items()},
    }
