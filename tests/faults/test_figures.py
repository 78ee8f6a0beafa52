"""The published figures: what misses its target is told, and what was not measured is not made up."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from tests.figures import (
    PAGE,
    STRANGERS,
    SUITES,
    Figure,
    as_markdown,
    from_bench,
    from_faults,
    receipts,
    suite,
    taken,
    written,
)
from tests.house.tree import ROOT

CLEAN = dict.fromkeys(("lost", "duplicated", "reordered", "skipped", "phantom"), 0)


def record(row: int, control: dict[str, int], broken: list[str], **figures: object) -> dict[str, Any]:
    run = {"findings": dict(CLEAN), "broken": [], "figures": figures}
    found = {"findings": CLEAN | control, "broken": broken}
    return {"row": row, "invariants": ["I1", "I5"] if row == 3 else ["I1"], "run": run, "control": found}


RECORDS = [
    record(3, {"duplicated": 58}, ["I5: another digest"]),
    record(5, {"lost": 8}, [], **{"runs in which it struck": 80}),
    record(6, {}, ["x"], **{"runs in which it struck": 130}),
    record(9, {"lost": 5289}, [], events=1_000_000),
    record(11, {}, ["p99"], **{"seconds to lag 0": 7.2}),
    record(14, {}, ["none"], **{"seconds to lag 0": 0.1}),
    record(
        25,
        {},
        ["a", "b"],
        **{
            "falsified copies": 350,
            "classes found by the log alone": "4 of 7",
            "by a witness": "7 of 7",
        },
    ),
]
BENCH = {
    "figures": [
        {"name": "appends-group", "value": 11.5, "ours": [1.0]},
        {"name": "append-frozen", "value": 1.3, "ours": [1.0]},
        {"name": "verify", "value": 0.14, "ours": [150_000.0, 160_000.0, 10.0]},
    ]
}


def test_the_fault_rows_amount_to_figures() -> None:
    found = list(from_faults(RECORDS))
    assert [one.good for one in found] == [True] * 5
    assert found[0].found.startswith("0 / 0 / 0 / 0 / 0, 1,000,000 events")
    assert "lost 5,289" in found[0].control


def test_one_lost_event_and_one_slow_recovery_are_told() -> None:
    bad = copy.deepcopy(RECORDS)
    bad[3]["run"]["findings"]["lost"] = 1
    bad[4]["run"]["figures"]["seconds to lag 0"] = None
    bad[1]["run"]["figures"]["runs in which it struck"] = 69
    found = list(from_faults(bad))
    assert [one.good for one in found] == [False, False, True, False, True]
    assert "| never; 0.1 s | **no** |" in as_markdown(found)


def test_without_one_of_the_rows_nothing_is_summed_up() -> None:
    [found] = from_faults(RECORDS[1:])
    assert (found.good, found.found) == (None, "rows [3] were not run")


def test_the_bench_s_medians_are_held_against_their_targets() -> None:
    found = list(from_bench(BENCH))
    assert [one.good for one in found] == [True, False, True]
    assert found[2].found == "150,000/s; 6.7 s"


def test_what_was_not_run_is_not_measured(tmp_path: Path) -> None:
    expected = Figure("what `make bench` measures", "–", "not measured", "–", None)
    assert taken(tmp_path / "bench.json", "make bench", from_bench) == [expected]


def test_the_page_has_a_place_for_each_table_and_no_other() -> None:
    page = PAGE.read_text()
    for section in ("figures", "strangers"):
        assert f"<!-- {section} -->\n\na table\n\n<!-- /{section} -->" in written(page, section, "a table")
    with pytest.raises(ValueError, match="0 sections"):
        written(page, "dreams", "a table")


@pytest.mark.journey
def test_a_receipt_is_waited_for_on_a_running_server() -> None:
    found = receipts(2)
    assert found.name == "receipt after commit, p95 of 2"
    assert found.good


def test_the_suites_are_there() -> None:
    assert all((ROOT / path).exists() for _, _, _, paths in (*SUITES, STRANGERS) for path in paths)


def test_a_suite_is_counted_test_by_test() -> None:
    found = suite("n", "t", "c", ["tests/faults/test_checker.py"])
    assert found.good
    assert re.fullmatch(r"\d+ tests passed", found.found)


def test_a_suite_that_runs_nothing_is_not_good() -> None:
    assert not suite("n", "t", "c", ["tests/faults/no_such_file.py"]).good
