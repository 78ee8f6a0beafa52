"""The account of an import as CSV, one line per row of the portfolio, safe to open in a spreadsheet."""

import csv
from pathlib import Path
from typing import Final

from services.intake.importing.result import Ended, ImportResult

COLUMNS: Final = (
    "line",
    "outcome",
    "name",
    "system_id",
    "intake_id",
    "tier",
    "score",
    "merged_with_line",
    "possible_duplicates",
    "unseen",
    "reason",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\0")


def write_report(result: ImportResult, path: Path) -> None:
    """Write the report; a file that is there is replaced, whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    with draft.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, quoting=csv.QUOTE_ALL)
        out.writerow(COLUMNS)
        out.writerows([_cell(value) for value in _values(row)] for row in result.ended)
    draft.replace(path)


def _values(row: Ended) -> tuple[object, ...]:
    return (
        row.line,
        row.outcome,
        row.name,
        row.system_id,
        row.intake_id,
        row.tier,
        row.score,
        row.merged_with,
        " ".join(map(str, row.possible_duplicates)),
        "; ".join(f"{one.attribute}: {one.spelling}" for one in row.unseen),
        row.reason,
    )


def _cell(value: object) -> str:
    """A cell that a spreadsheet takes for text (a leading apostrophe), whatever the portfolio says."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
