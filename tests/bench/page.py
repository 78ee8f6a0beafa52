"""The generated parts of `docs/performance.md`: what was measured is written there by who measured it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.bench.plot import plotted
from tests.bench.report import number

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PAGE: Final = DOCS / "performance.md"
PLOT: Final = DOCS / "performance-growth.svg"
SECTIONS: Final = ("figures", "growth")


def section(name: str) -> re.Pattern[str]:
    """What stands between the marks of a generated part."""
    return re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", flags=re.DOTALL)


def write_figures(table: str) -> None:
    """Put the table into the page."""
    _write("figures", table)


def write_growth(found: Mapping[str, Any]) -> None:
    """Put a growth run into the page, and draw it."""
    PLOT.write_text(plotted(found))
    _write("growth", growth_table(found))


def _write(name: str, text: str) -> None:
    PAGE.write_text(section(name).sub(lambda old: f"{old[1]}\n{text}\n\n{old[2]}", PAGE.read_text()))


def growth_table(found: Mapping[str, Any]) -> str:
    """A row per part."""
    sizes = found["events"]
    lines = [
        f"| part | unit | {' | '.join(f'{size:,}' for size in sizes)} | memory, MiB |",
        f"|---|---|{'--:|' * len(sizes)}--:|",
    ]
    for name, part in found["parts"].items():
        memory = " → ".join(f"{one:.0f}" for one in part["memory_mib"])
        lines.append(f"| {name} | {part['unit']} | {' | '.join(map(number, part['values']))} | {memory} |")
    return "\n".join([f"![Growth]({PLOT.name})", "", *lines])
