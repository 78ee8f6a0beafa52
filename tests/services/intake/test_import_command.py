"""What `gatehouse import` refuses before it asks any server: a line that says why, exit code 2, and nothing sent."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from services.cli import command_line
from services.commands.speaking import Exit
from services.intake.api.models import BeginningOf
from services.intake.importing.options import LAST_DAY, Reviews, UnusableOptions
from tests.services.intake.portfolios import LABEL, MAPPING, row, write


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nothing listens: whatever is sent there ends as exit code 3."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def said(code: Exit, nobody: str, file: Path, *more: str) -> str:
    """What the command complains of, in one line."""
    arguments = ["import", str(file), "--mapping", MAPPING, "--url", nobody, "--data", str(file.parent), *more]
    done = CliRunner().invoke(command_line(["import"]), arguments)
    assert done.exit_code == code, (done.output, done.exception)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_portfolio_in_order_is_sent(nobody: str, tmp_path: Path) -> None:
    file = write(tmp_path / "p.csv", [row("A")])
    assert "can't be reached" in said(
        Exit.UNREACHABLE, nobody, file, "--compare-label", LABEL, "--reviews", "1-per-day"
    )


@pytest.mark.parametrize("rows", [3, 3000])
def test_a_quote_that_is_never_closed_is_named_with_its_line(nobody: str, tmp_path: Path, rows: int) -> None:
    file = write(tmp_path / "p.csv", [row("First"), row("MARK"), *(row(f"System {number}") for number in range(rows))])
    file.write_bytes(file.read_bytes().replace(b"MARK", b'"MARK', 1))
    assert "p.csv can't be read as CSV from line 3 on: " in said(Exit.USAGE, nobody, file)


def test_a_mistyped_label_is_refused_with_those_that_there_are(nobody: str, tmp_path: Path) -> None:
    complaint = said(Exit.USAGE, nobody, write(tmp_path / "p.csv", [row("A")]), "--compare-label", "Rights")
    assert f"knows no label 'Rights'; its labels are: {LABEL}" in complaint


def test_a_report_that_has_no_folder_is_refused(nobody: str, tmp_path: Path) -> None:
    report = tmp_path / "nosuch" / "report.csv"
    complaint = said(Exit.USAGE, nobody, write(tmp_path / "p.csv", [row("A")]), "--report", str(report))
    assert f"there is no {report.parent}" in complaint


def test_reviews_too_few_a_day_for_the_portfolio_are_refused_with_how_many_do(nobody: str, tmp_path: Path) -> None:
    gone = [row(f"Gone {number}", stage="Retired") for number in range(9)]  # these wait for nobody
    file = write(tmp_path / "p.csv", [*gone, *(row(f"System {number}") for number in range(LAST_DAY + 1))])
    said(Exit.UNREACHABLE, nobody, file, "--reviews", "1-per-day")
    write(file, [*gone, *(row(f"System {number}") for number in range(LAST_DAY + 2))])
    assert "give --reviews 2-per-day or more" in said(Exit.USAGE, nobody, file, "--reviews", "1-per-day")
    said(Exit.UNREACHABLE, nobody, file, "--reviews", "2-per-day")


@pytest.mark.parametrize("systems", [0, 1, LAST_DAY + 1, LAST_DAY + 2, 2 * LAST_DAY + 2, 2 * LAST_DAY + 3, 100_000])
def test_the_smallest_number_that_does_is_the_smallest(systems: int) -> None:
    least = next(number for number in range(1, 200) if number * (LAST_DAY + 1) >= systems)
    Reviews.parse(f"{least}-per-day").check(systems)
    if least > 1:
        with pytest.raises(UnusableOptions, match=f"give --reviews {least}-per-day or more"):
            Reviews.parse(f"{least - 1}-per-day").check(systems)


def test_the_last_day_is_the_last_that_the_api_takes() -> None:
    some = "00000000-0000-4000-8000-000000000000"
    assert BeginningOf(intake_id=some, business_days=LAST_DAY).business_days == LAST_DAY
    with pytest.raises(ValidationError):
        BeginningOf(intake_id=some, business_days=LAST_DAY + 1)
