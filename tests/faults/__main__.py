"""`python -m tests.faults`: the long form of every row, one table, JSON, and the page that shows it.

Exit code 1 when an invariant did not hold, a control found nothing or a row was not run; 2 for wrong usage.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from deploy.local.process import EngineMissing
from shared.runtime.leaving import leave
from tests.faults.experiment import Row, rows
from tests.faults.lab import Engines, Lab, started_by_the_first
from tests.faults.report import Done, Record, as_markdown, lines_of, merged, record

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
SECTION = re.compile(r"(<!-- faults -->\n).*?(<!-- /faults -->)", flags=re.DOTALL)


def main(arguments: Sequence[str]) -> int:
    asked = _asked(arguments)
    console = Console(stderr=True)
    chosen = [row for row in rows() if not asked.row or row.number in asked.row]
    done = []
    with ExitStack() as ending:
        engines = started_by_the_first(ending)
        for row in track(chosen, description="faults", console=console):
            done.append(_run(row, engines, long=not asked.short))
            console.print(f"row {row.number}: {'good' if done[-1].good else 'NOT GOOD'} ({done[-1].seconds:.0f} s)")
    _show(done)
    form, today = "short" if asked.short else "long", datetime.now(UTC).date()
    records = merged(_before(asked.json), [record(each, form=form, on=today) for each in done])
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(records, indent=2) + "\n")
    if asked.write:
        _write(records)
    return 0 if all(each.good for each in done) else 1


def _before(kept: Path | None) -> list[Record]:
    """What earlier runs found of the rows that there still are."""
    found: list[Record] = json.loads(kept.read_text()) if kept and kept.exists() else []
    return [each for each in found if each["row"] in {row.number for row in rows()}]


def _write(records: Sequence[Record]) -> None:
    """A row that was not run keeps the line that it has on the page."""
    page = PAGE.read_text()
    before = "".join(found[0] for found in SECTION.finditer(page))
    if unrun := {row.number for row in rows()} - {each["row"] for each in records} - lines_of(before).keys():
        raise SystemExit(f"rows {', '.join(map(str, sorted(unrun)))} were never run: the page stays as it is")
    table = as_markdown(records, before)
    PAGE.write_text(SECTION.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", page))


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--row", type=int, action="append", help="only this row; may be repeated")
    parser.add_argument("--short", action="store_true", help="as the test run does it")
    parser.add_argument("--json", type=Path, help="keep what was found in this file, beside what it has of other rows")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    return parser.parse_args(arguments)


def _run(row: Row, engines: Engines, *, long: bool) -> Done:
    began = time.monotonic()
    results = []
    try:
        for experiment in (row.run, row.control):
            with (
                tempfile.TemporaryDirectory(prefix=f"row-{row.number}-") as folder,
                Lab(Path(folder), engines, long) as lab,
            ):
                results.append(asyncio.run(experiment(lab)))
    except EngineMissing as missing:
        return Done(row=row, missing=str(missing))
    except Exception as error:  # noqa: BLE001 - whatever it was is told in the table; the other rows still count
        traceback.print_exc()
        return Done(row=row, missing=f"it raised {error!r}", seconds=time.monotonic() - began)
    return Done(row=row, result=results[0], control=results[1], seconds=time.monotonic() - began)


def _show(done: Sequence[Done]) -> None:
    table = Table("#", "fault", "holds", "lost/dup/reord/skip/phantom", "counted", "control finds")
    for each in done:
        if each.result is None or each.control is None:
            table.add_row(str(each.row.number), each.row.fault, "not run", each.missing)
            continue
        counts = "/".join(map(str, each.result.findings.counts.values()))
        figures = "\n".join(f"{name} {value}" for name, value in each.result.figures.items())
        holds = "yes" if each.result.holds else f"NO: {each.result}"
        control = str(each.control) if not each.control.holds else "NOTHING"
        table.add_row(str(each.row.number), each.row.fault, holds, counts, figures, control)
    Console(width=160).print(table)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    leave()
    sys.exit(code)
