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
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from deploy.local.process import EngineMissing
from shared.runtime.leaving import leave
from tests.faults.experiment import Row, rows
from tests.faults.lab import Engines, Lab, started_by_the_first
from tests.faults.report import Done, as_json, as_markdown

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
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(as_json(done), indent=2) + "\n")
    if asked.write:
        told = f"{'Short' if asked.short else 'Long'} form.\n\n{as_markdown(done)}"
        PAGE.write_text(SECTION.sub(lambda found: f"{found[1]}\n{told}\n\n{found[2]}", PAGE.read_text()))
    return 0 if all(each.good for each in done) else 1


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--row", type=int, action="append", help="only this row; may be repeated")
    parser.add_argument("--short", action="store_true", help="as the test run does it")
    parser.add_argument("--json", type=Path, help="write what was found to this file")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    asked = parser.parse_args(arguments)
    if asked.write and asked.row:
        parser.error("--write takes every row: the page is never half of one run")
    return asked


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
