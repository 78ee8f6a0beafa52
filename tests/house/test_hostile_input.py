"""The table of bad input is one: tests hold every case of it, the page shows it, the catalogue gives its statuses."""

import re

from shared.refusals import CATALOGUE
from tests.hostile.cases import CASES
from tests.hostile.page import PAGE, written
from tests.house.tree import ROOT

ROWS_HELD_ELSEWHERE = {
    14: "segregation of duties is a property of the domain: tests/domain/review",
    18: "nothing is sent outward yet",
    19: "nothing is unpacked yet",
    20: "no XML is read",
    21: "files are stored by digest and served as attachments: tests/services/review/test_evidence.py",
    22: "no cell is exported for a spreadsheet yet",
}


def test_the_page_shows_the_table_as_it_is() -> None:
    page = PAGE.read_text()
    assert "<!-- hostile -->" in page
    assert written(page) == page, "run `python -m tests.hostile`"


def test_every_case_is_held_by_a_test() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "hostile").glob("test_*.py"))
    named = {name for pair in re.findall(r'Attack\([a-z]+, "([a-z-]+)"|CASES\["([a-z-]+)"\]', tests) for name in pair}
    assert [name for name, case in CASES.items() if not case.held_by and name not in named] == []
    assert [case.held_by for case in CASES.values() if case.held_by and f"def {case.held_by}(" not in tests] == []
    assert [
        name for name, case in CASES.items() if case.code is None and case.status is None and not case.held_by
    ] == []


def test_every_row_is_held_here_or_has_a_reason_to_be_held_elsewhere() -> None:
    assert {case.row for case in CASES.values()} | set(ROWS_HELD_ELSEWHERE) == set(range(1, 26))


def test_every_refusal_has_the_status_of_the_catalogue() -> None:
    refused = [case for case in CASES.values() if case.code is not None]
    assert [case.status for case in refused] == [CATALOGUE[case.code][0] for case in refused if case.code is not None]
