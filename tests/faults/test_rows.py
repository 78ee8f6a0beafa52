"""The fault table, in its short form: every invariant holds under its fault, and every control is found."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import or_missing
from tests.faults.__main__ import PAGE, SECTION
from tests.faults.experiment import INVARIANTS, Row, rows
from tests.faults.lab import Engines, Lab

pytestmark = [pytest.mark.fault, pytest.mark.slow]
ROWS = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25}
SHORT = [row for row in rows() if not row.long_only]


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    def shared(engine: str) -> object:
        return request.getfixturevalue(engine)

    engines = Engines(
        postgres=lambda: shared("postgres_server"),  # type: ignore[return-value]
        kafka=lambda: shared("kafka_server"),  # type: ignore[return-value]
        temporal=lambda: shared("temporal_server"),  # type: ignore[return-value]
    )
    with Lab(tmp_path, engines) as made:
        yield made


def test_every_row_that_we_promise_is_there_and_says_what_it_does() -> None:
    assert {row.number for row in rows()} == ROWS
    for row in rows():
        assert row.fault
        assert row.injected
        assert row.without
        assert set(row.invariants) <= set(INVARIANTS)


@pytest.mark.parametrize("row", SHORT, ids=lambda row: f"row-{row.number}")
def test_the_invariants_hold_under_the_fault(row: Row, lab: Lab) -> None:
    result = or_missing(lambda: asyncio.run(row.run(lab)))
    assert result.holds, str(result)


@pytest.mark.parametrize("row", SHORT, ids=lambda row: f"row-{row.number}")
def test_the_control_is_found(row: Row, lab: Lab) -> None:
    """Without the protection, the same experiment finds something: the one above can fail."""
    assert not or_missing(lambda: asyncio.run(row.control(lab))).holds


def test_the_page_says_what_must_hold() -> None:
    page = PAGE.read_text()
    assert {name: f"- **{name}** {meaning}" in page for name, meaning in INVARIANTS.items()} == dict.fromkeys(
        INVARIANTS, True
    )
    assert SECTION.search(page)
