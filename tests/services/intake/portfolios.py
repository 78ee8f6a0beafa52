"""Small portfolios in the shipped format, written for the tests."""

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from services.intake.mappings import load_mapping

MAPPING: Final = "us-federal-2024"
SAMPLE: Final = Path(__file__).parents[4] / "shared" / "samples" / "ai_inventory" / "us_federal_2024_part.csv"
"""A real portfolio of 1,067 rows, where the folder of samples stands beside the checkout."""
LABEL: Final = "Is the AI use case rights-impacting, safety-impacting, both, or neither?"
_SHORT: Final = {
    "name": "Use Case Name",
    "agency": "Agency",
    "bureau": "Bureau",
    "purpose": "What is the intended purpose and expected benefits of the AI?",
    "topic": "Use Case Topic Area",
    "everyday": "Is the AI use case found in the below list of general commercial AI products and services?",
    "stage": "Stage of Development",
    "launched": "Date Implemented",
    "retired": "Date Retired",
    "label": LABEL,
    "extra": "System Name",
}


def row(name: str, **told: str) -> dict[str, str]:
    """A row of the portfolio; what is not told is blank."""
    usual = {"agency": "Department of Tests", "bureau": "QA", "purpose": f"To do {name}.", "stage": "Initiated"}
    return usual | {"name": name} | told


def write(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """A CSV file of these rows, in Windows-1252, with every column that the mapping reads."""
    columns = list(dict.fromkeys([*_columns(), *_SHORT.values()]))
    with path.open("w", encoding="cp1252", newline="") as file:
        out = csv.DictWriter(file, columns, restval="", lineterminator="\r\n")
        out.writeheader()
        out.writerows({_SHORT[name]: value for name, value in each.items()} for each in rows)
    return path


@cache
def _columns() -> tuple[str, ...]:
    return load_mapping(MAPPING).format.columns()


def shuffled(source: Path, target: Path, order: Iterable[int]) -> Path:
    """The rows of a file in another order, their bytes as they were."""
    with source.open(encoding="cp1252", newline="") as file:
        header, *rows = list(csv.reader(file))
    with target.open("w", encoding="cp1252", newline="") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(rows[place] for place in order)
    return target
