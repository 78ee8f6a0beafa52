"""`python -m tests.bench`: every figure, a table, JSON, and the page that shows them.

Exit code 1 when a floor was missed or a part is missing; 2 for wrong usage. With `--growth FILE` nothing is measured:
what `gatehouse bench growth --json` printed goes into the page.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local.process import EngineMissing
from services.bench.growth import machine
from shared.runtime.collector import spare_the_collector
from shared.runtime.leaving import leave
from shared.runtime.telemetry import start_logging
from tests.bench.bench import Bench, Form
from tests.bench.figure import Figure, Samples, figures
from tests.bench.page import write_figures, write_growth
from tests.bench.report import Done, as_json, as_markdown, bound, number
from tests.faults.lab import Lab, started_by_the_first


def main(arguments: Sequence[str]) -> int:
    asked = _asked(arguments)
    if asked.growth is not None:
        write_growth(json.loads(asked.growth.read_text()))
        return 0
    form = Form.SHORT if asked.quick else Form.FULL
    start_logging("error")
    spare_the_collector()  # as every process of the product does
    done = measured(_chosen(asked.figure, form), form, Console(stderr=True))
    _show(done)
    told = with_earlier(done, form, asked.json)
    if asked.json is not None:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(as_json(told, machine(), form.name.lower()), indent=2) + "\n")
    if asked.write:
        write_figures(as_markdown(told, machine()))
    return 1 if any(each.missed or each.missing for each in done) else 0


def measured(chosen: Sequence[Figure], form: Form, console: Console) -> list[Done]:
    """The figures, one after the other, on places that they share."""
    with (
        ExitStack() as engines,
        tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder,
        Lab(Path(folder), started_by_the_first(engines)) as lab,
        Bench(lab, form) as bench,
    ):
        Path(folder).chmod(0o711)  # PostgreSQL may run as another user, who walks through here
        done = []
        for figure in chosen:
            with console.status(f"{figure.name}: {figure.what}"):
                done.append(_measured(figure, bench))
            console.print(f"{figure.name}: {done[-1].outcome} ({done[-1].seconds:.0f} s)")
        return done


def with_earlier(done: Sequence[Done], form: Form, kept: Path | None) -> list[Done]:
    """What was measured now, in the order of the page, and beside it what an earlier run kept of the other figures."""
    before = json.loads(kept.read_text()) if kept is not None and kept.exists() else {"form": None}
    known = before["figures"] if before["form"] == form.name.lower() else []
    earlier = {each["name"]: Samples(ours=each["ours"], theirs=each["theirs"]) for each in known if each["ours"]}
    now = {each.figure.name: each for each in done}
    return [
        now.get(figure.name) or Done(figure=figure, samples=earlier[figure.name])
        for figure in figures()
        if figure.name in now or figure.name in earlier
    ]


def _measured(figure: Figure, bench: Bench) -> Done:
    began = time.monotonic()
    try:
        samples = asyncio.run(figure.measure(bench))  # type: ignore[arg-type]  # a coroutine, as all are
    except EngineMissing as missing:
        return Done(figure=figure, missing=str(missing))
    return Done(figure=figure, samples=samples, seconds=time.monotonic() - began)


def _chosen(names: Sequence[str] | None, form: Form) -> list[Figure]:
    found = {figure.name: figure for figure in figures()}
    if unknown := set(names or ()) - found.keys():
        raise SystemExit(f"there is no figure {', '.join(sorted(unknown))}, only {', '.join(found)}")
    return [one for one in found.values() if (one.name in names if names else form is Form.FULL or one.in_short)]


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--figure", action="append", metavar="NAME", help="only this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="the short form: less of everything, in a minute")
    parser.add_argument("--json", type=Path, help="keep what was measured in this file, beside what it has")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    parser.add_argument("--growth", type=Path, help="write the growth run in this file into docs/performance.md")
    return parser.parse_args(arguments)


def _show(done: Sequence[Done]) -> None:
    table = Table("figure", "found", "floor", "aim", "outcome", "ours", "theirs", "against")
    for each in done:
        figure, samples = each.figure, each.samples
        cells = (
            [number(samples.value), bound(figure, figure.floor), bound(figure, figure.aim)] if samples else ["–"] * 3
        )
        taken = [" ".join(number(one) for one in part) for part in ((samples.ours, samples.theirs) if samples else ())]
        table.add_row(figure.name, *cells, each.outcome, *(taken or ["", ""]), figure.against)
    Console(width=200).print(table)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    leave()
    sys.exit(code)
