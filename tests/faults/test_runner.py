"""The runner of the long form: a row that raises is told, the others go on, and nothing half is called good."""

import json
from pathlib import Path

import pytest

from tests.faults import __main__ as runner
from tests.faults.checker import Findings
from tests.faults.experiment import Result, Row
from tests.faults.lab import Lab


async def right(lab: Lab) -> Result:
    return Result(figures={"events": 1})


async def wrong(lab: Lab) -> Result:
    return Result(findings=Findings(lost=["a"]))


async def raises(lab: Lab) -> Result:
    raise LookupError("no such thing")


def row(number: int, **changed: object) -> Row:
    values = {"fault": "f", "injected": "i", "invariants": ("I1",), "run": right, "without": "w", "control": wrong}
    return Row(number=number, **values | changed)  # type: ignore[arg-type]


def told(rows: list[Row], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[int, list[dict[str, object]]]:
    monkeypatch.setattr(runner, "rows", lambda: rows)
    code = runner.main(["--short", "--json", str(tmp_path / "faults.json")])
    return code, json.loads((tmp_path / "faults.json").read_text())


def test_rows_that_hold_and_whose_controls_find_something_are_good(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, found = told([row(1)], monkeypatch, tmp_path)
    assert (code, [one["good"] for one in found]) == (0, [True])


@pytest.mark.parametrize("bad", [{"run": wrong}, {"control": right}, {"run": raises}, {"control": raises}])
def test_one_bad_row_fails_the_run_and_the_others_are_told_all_the_same(
    bad: dict[str, object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, found = told([row(1, **bad), row(2)], monkeypatch, tmp_path)
    assert (code, [one["good"] for one in found]) == (1, [False, True])


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    written = tmp_path / "page.md"
    written.write_text("before\n<!-- faults -->\n<!-- /faults -->\nafter\n")
    monkeypatch.setattr(runner, "PAGE", written)
    return written


def test_the_page_is_never_written_without_one_of_the_rows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: Path
) -> None:
    monkeypatch.setattr(runner, "rows", lambda: [row(1), row(2)])
    with pytest.raises(SystemExit, match="rows 2 were never run"):
        runner.main(["--short", "--row", "1", "--json", str(tmp_path / "faults.json"), "--write"])
    assert "| 1 |" not in page.read_text()


def test_a_row_that_is_run_again_takes_the_place_of_its_earlier_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: Path
) -> None:
    kept = ["--short", "--json", str(tmp_path / "faults.json")]
    monkeypatch.setattr(runner, "rows", lambda: [row(1, run=wrong), row(2)])
    assert runner.main(kept) == 1
    monkeypatch.setattr(runner, "rows", lambda: [row(1), row(2)])
    assert runner.main([*kept, "--row", "1", "--write"]) == 0
    lines = [line for line in page.read_text().splitlines() if line.startswith(("| 1 ", "| 2 "))]
    assert ["0/0/0/0/0" in line and "events 1" in line for line in lines] == [True, True]


def test_a_row_that_is_not_run_keeps_its_line_on_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: Path
) -> None:
    monkeypatch.setattr(runner, "rows", lambda: [row(1), row(2)])
    assert runner.main(["--short", "--write"]) == 0
    before = page.read_text()
    monkeypatch.setattr(runner, "rows", lambda: [row(1), row(2, fault="another")])
    assert runner.main(["--short", "--write", "--row", "2"]) == 0
    assert page.read_text() == before.replace("| 2 | f |", "| 2 | another |")
