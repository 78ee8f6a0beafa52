"""The fault table as people and programs read it."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
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


Record = dict[str, Any]
"""A row as JSON: what was run, when, what it found."""


def record(done: Done, *, form: str, on: date) -> Record:
    """One object of a row. `form` is long or short; `on` is the day on which it was run."""
    return {
        "row": done.row.number,
        "form": form,
        "on": on.isoformat(),
        "fault": done.row.fault,
        "injected": done.row.injected,
        "invariants": list(done.row.invariants),
        "good": done.good,
        "missing": done.missing or None,
        "seconds": round(done.seconds, 1),
        "run": _plain(done.result),
        "control": {"without": done.row.without, **(_plain(done.control) or {})},
    }


def merged(before: Sequence[Record], now: Sequence[Record]) -> list[Record]:
    """The records of all rows by number: what was run now stands in the place of what was run before."""
    return [one for _, one in sorted({each["row"]: each for each in (*before, *now)}.items())]


def as_markdown(records: Sequence[Record], before: str = "") -> str:
    """The table of `docs/reliability.md`: findings as lost/duplicated/reordered/skipped/phantom. Rows without a record
    keep the line that they have in `before`, an earlier table."""
    lines = {each["row"]: _line(each) for each in records}
    kept = lines_of(before)
    heading = before if kept.keys() - lines.keys() else ""
    forms = {each["form"] for each in records} | set(re.findall(r"long|short", _heading(heading).lower()))
    days = sorted({each["on"] for each in records} | set(re.findall(r"\d{4}-\d{2}-\d{2}", _heading(heading))))
    when = " to ".join(dict.fromkeys([days[0], days[-1]]))
    return "\n".join(
        [
            f"{' and '.join(sorted(forms)).capitalize()} form, run on {when}.",
            "",
            "| # | fault | injected | must hold | found | counted | control: without … | it finds |",
            "|---|---|---|---|---|---|---|---|",
            *(line for _, line in sorted((kept | lines).items())),
        ]
    )


def lines_of(table: str) -> dict[int, str]:
    """The lines of a table by their row."""
    return {int(found[1]): found[0] for found in re.finditer(r"^\| (\d+) \|.*$", table, flags=re.MULTILINE)}


def _heading(table: str) -> str:
    return next((line for line in table.splitlines() if " form, run on " in line), "")


def _line(each: Record) -> str:
    run, control = each["run"], each["control"]
    cells = [str(each["row"]), each["fault"], each["injected"], " ".join(each["invariants"])]
    cells += [_found(run) if run else f"not run: {each['missing']}", _figures(run)]
    cells += [control["without"], _found(control) if "findings" in control else "not run"]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _found(result: Record) -> str:
    counts = "/".join(str(number) for number in result["findings"].values())
    broken = result["broken"]
    return "; ".join([counts, *broken[:SHOWN], *([f"and {len(broken) - SHOWN} more"] if len(broken) > SHOWN else [])])


def _figures(result: Record | None) -> str:
    return ", ".join(f"{name} {_number(value)}" for name, value in (result or {"figures": {}})["figures"].items())


def _number(value: float | str | None) -> str:
    if value is None:
        return "never"
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def _plain(result: Result | None) -> Record | None:
    if result is None:
        return None
    return {
        "holds": result.holds,
        "findings": result.findings.counts,
        "broken": list(result.broken),
        "figures": {name: None if value == math.inf else value for name, value in result.figures.items()},
    }
