"""`python -m tests.figures`: the figures that a release is published with, into `docs/reliability.md`.

What the fault runs and the bench have measured is taken from their JSON (`make faults`, `make bench`); the rest is
measured here: how soon a receipt is there, and the suites whose numbers are figures. `--strangers` asks the tools of
others alone. Exit code 1 when a figure misses its target, or is missing.
"""

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx2

from shared.runtime.leaving import leave
from tests.house.tree import ROOT
from tests.journey.places import embedded
from tests.strangers import said

PAGE: Final = ROOT / "docs" / "reliability.md"
RECEIPTS: Final = 50
NEEDED: Final = {3, 5, 6, 9, 11, 14, 25}
"""The rows of the fault table without which there is nothing to sum up."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `good` is None where nothing was measured."""

    name: str
    target: str
    found: str
    control: str
    good: bool | None


def from_faults(records: Sequence[Json]) -> Iterator[Figure]:
    """What the rows of the fault table amount to."""
    rows = {each["row"]: each for each in records if each["run"]}
    if unrun := NEEDED - rows.keys():
        yield Figure("what the fault rows amount to", "–", f"rows {sorted(unrun)} were not run", "–", None)
        return
    counts = [sum(column) for column in zip(*(each["run"]["findings"].values() for each in rows.values()), strict=True)]
    race, inbox = rows[9]["control"]["findings"], rows[3]["control"]["findings"]
    yield Figure(
        f"lost / duplicated / reordered / skipped / phantom over rows {', '.join(map(str, rows))}",
        "0 / 0 / 0 / 0 / 0",
        f"{' / '.join(map(str, counts))}, {rows[9]['run']['figures']['events']:,} events in row 9 alone",
        f"a reader of positions that commit out of order lost {race['lost']:,}; a projection without its inbox counted "
        f"{inbox['duplicated']:,} twice",
        not any(counts),
    )
    lag = {number: rows[number]["run"]["figures"].get("seconds to lag 0") for number in (11, 14)}
    yield Figure(
        "recovery to lag 0 after 30 s without broker, and after a bad network",
        "≤ 10 s",
        f"{_seconds(lag[11])}; {_seconds(lag[14])}",
        "–",
        all(value is not None and value <= 10 for value in lag.values()),
    )
    tampered = rows[25]["run"]["figures"]
    yield Figure(
        "classes of tampering found, with and without a witness",
        "7 of 7 and 4 of 7",
        f"{tampered['by a witness']} and {tampered['classes found by the log alone']}, "
        f"{tampered['falsified copies']} copies",
        f"a verifier that compares roots only passed over {len(rows[25]['control']['broken'])} copies",
        (tampered["by a witness"], tampered["classes found by the log alone"]) == ("7 of 7", "4 of 7"),
    )
    swept = [rows[number]["run"] for number in (5, 6)]
    runs = sum(each["figures"]["runs in which it struck"] for each in swept)
    bad = sum(sum(each["findings"].values()) + len(each["broken"]) for each in swept)
    yield Figure(
        "runs of the sweep over system calls, EIO and SIGKILL",
        "≥ 200, 0 bad",
        f"{runs}, {bad} bad",
        "an acknowledgement before its commit; a checkpoint before its tiles",
        runs >= 200 and not bad,
    )
    rebuilt = [each for each in rows.values() if "I5" in each["invariants"]]
    same = sum(not any("I5" in words for words in each["run"]["broken"]) for each in rebuilt)
    caught = sum(any("I5" in words for words in each["control"]["broken"]) for each in rebuilt)
    yield Figure(
        "rebuilt tables have the digest of the live ones, after faults",
        "100 %",
        f"{same} of {len(rebuilt)} rows",
        f"{caught} controls had another digest",
        same == len(rebuilt),
    )


def from_bench(bench: Json) -> Iterator[Figure]:
    """What the bench says of appends and of verifying."""
    found = {each["name"]: each for each in bench["figures"]}
    appends, frozen, verify = found["appends-group"], found["append-frozen"], found["verify"]
    yield Figure(
        "acknowledged appends a second against one commit for each, 64 clients",
        "≥ 5×",
        f"{appends['value']:.3g}×",
        "the other side of the ratio: group commit off",
        appends["value"] >= 5,
    )
    yield Figure(
        "append p99 with broker and Temporal frozen, against unfrozen",
        "≤ 1.2×",
        f"{frozen['value']:.3g}×",
        "row 11: a relay inside the append",
        frozen["value"] <= 1.2,
    )
    speed = median(verify["ours"])
    yield Figure(
        "offline verify; a million events at that speed",
        "≥ 100,000/s; ≤ 60 s",
        f"{speed:,.0f}/s; {1e6 / speed:.1f} s",
        "–",
        speed >= 100_000,
    )


def receipts(count: int = RECEIPTS) -> Figure:
    """The time from a command's answer to the proof of its fact, on an embedded run."""
    took = []
    with tempfile.TemporaryDirectory(prefix="receipts-") as folder, embedded(Path(folder)) as place:
        asks, reads = ({"Authorization": f"Bearer {place.token(person)}"} for person in ("rita", "operator"))
        with httpx2.Client(base_url=place.url("intake")) as client:
            for number in range(count):
                body = {"name": f"System {number}", "owner": "omar@example.org"}
                key = {"Idempotency-Key": f"figure-{number}"}
                answer = client.post("/intake/v1/intakes", json=body, headers=asks | key)
                began, fact = time.monotonic(), answer.raise_for_status().json()["id"]
                while client.get(f"/intake/v1/log/proof/{fact}", headers=reads).status_code != httpx2.codes.OK:
                    time.sleep(0.01)
                took.append(time.monotonic() - began)
    p95 = sorted(took)[math.ceil(0.95 * len(took)) - 1]
    name = f"receipt after commit, p95 of {count}"
    return Figure(name, "≤ 2 s", f"{p95:.2f} s", "–", p95 <= 2)


SUITES: Final = (
    (
        "recorded workflow histories replay",
        "100 %",
        "a planted reorder of activities",
        ["tests/workflows/test_replay.py"],
    ),
    (
        "rows of bad input and attacks answered as listed; Schemathesis",
        "all; no 5xx",
        "FastAPI as it comes fails rows 1 to 3 and 6",
        ["tests/hostile"],
    ),
    (
        "self-approvals in 10,000 sequences of roles, delegations and administrators",
        "0",
        "each rule removed",
        ["tests/domain/review/test_no_self_approval.py"],
    ),
    (
        "public vectors of trees, notes and checkpoints",
        "all",
        "bytes of prefixes dropped",
        ["tests/contracts/transparency"],
    ),
    (
        "people forgotten whose text can be had from database, topic, tiles, exports or logs",
        "0, roots unchanged",
        "the text is found before",
        ["tests/journey/test_forgotten.py"],
    ),
)
"""Figures that are a suite: what it shows, what it must show, its controls, where it lies."""


STRANGERS: Final = (
    "tools of others agree, and refuse what is tampered with or broken",
    "all",
    "a tampered folder, broken documents and metrics",
    ["tests/strangers"],
)


def suite(name: str, target: str, control: str, paths: Sequence[str], *options: str) -> Figure:
    """Run these tests; the controls are among them."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *paths]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()[-1]
    count = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error|skipped)", told)}
    wrong = count.get("failed", 0) + count.get("error", 0)
    found = ", ".join(f"{number} tests {word}" for word, number in count.items())
    return Figure(name, target, found, control, "passed" in count and wrong == 0)


def strangers() -> tuple[Figure, str]:
    """The suite of others' tools, and the table of what they said in it."""
    with tempfile.TemporaryDirectory(prefix="strangers-") as folder:
        report = Path(folder) / "junit.xml"
        figure = suite(*STRANGERS, f"--junitxml={report}")
        return figure, said.as_markdown(said.in_report(report))


def as_markdown(figures: Sequence[Figure]) -> str:
    """The table of the page."""
    says = {True: "yes", False: "**no**", None: "–"}
    lines = ["| figure | target | found | met | control |", "|---|---|---|---|---|"]
    lines += [f"| {one.name} | {one.target} | {one.found} | {says[one.good]} | {one.control} |" for one in figures]
    return "\n".join(lines)


def written(page: str, section: str, table: str) -> str:
    """The page with the table between the markers of that section."""
    section_of = re.compile(rf"(<!-- {section} -->\n).*?(<!-- /{section} -->)", flags=re.DOTALL)
    changed, count = section_of.subn(lambda at: f"{at[1]}\n{table}\n\n{at[2]}", page)
    if count != 1:
        raise ValueError(f"the page has {count} sections {section!r}")
    return changed


def taken(kept: Path, made_by: str, figures: Callable[[Any], Iterator[Figure]]) -> list[Figure]:
    if not kept.exists():
        return [Figure(f"what `{made_by}` measures", "–", "not measured", "–", None)]
    return list(figures(json.loads(kept.read_text())))


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.2g} s"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.figures", description="Write docs/reliability.md's figures.")
    parser.add_argument("--strangers", action="store_true", help="ask the tools of others alone, and write their table")
    return ask_strangers() if parser.parse_args().strangers else measure()


def ask_strangers() -> int:
    """The table of what they say, and nothing else of the page."""
    figure, told = strangers()
    print(told)  # noqa: T201 - what it found is what it is asked for
    PAGE.write_text(written(PAGE.read_text(), "strangers", told))
    return 0 if figure.good else 1


def measure() -> int:
    """All figures, and the table of what others say."""
    local = ROOT / ".local"
    found = taken(local / "faults.json", "make faults", from_faults)
    found += taken(local / "bench.json", "make bench", from_bench)
    found.append(receipts())
    found += [suite(*each) for each in SUITES]
    figure, told = strangers()
    table = as_markdown([*found, figure])
    print(table, told, sep="\n\n")  # noqa: T201 - what it found is what it is asked for
    PAGE.write_text(written(written(PAGE.read_text(), "figures", table), "strangers", told))
    return 0 if all(each.good for each in [*found, figure]) else 1


if __name__ == "__main__":
    code = main()
    leave()
    sys.exit(code)
