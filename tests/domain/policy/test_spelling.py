"""One choice, spelled in many ways."""

from datetime import date

import pytest

from services.intake.mappings.dates import date_of
from services.intake.mappings.spelling import choice_of, parts, plain, spellings

TABLE = spellings(
    {
        "own": ["None of the above"],
        "partial": ["Documentation has been partially completed"],
        "complete": ["Documentation is complete"],
        "missing": ["Documentation is missing or not available"],
        "private": ["Yes – agency has access to source code, but it is not public"],
        "yes": ["Yes"],
    }
)


@pytest.mark.parametrize(
    ("cell", "choice"),
    [
        ("None of the above.", "own"),
        ("  none  of the\nAbove ", "own"),
        ("NONE OF THE ABOVE!", "own"),
        ("Documentation is complete: Some words of explanation, and more.", "complete"),
        ("Documentation has been partially com", "partial"),
        ("yes - Agency has access to source code, but it is not public.", "private"),
        ("YES", "yes"),
        ("“Yes”", "yes"),
        ("Documentation is", None),
        ("Documentation is completely unheard of", None),
        ("Yes, partly", None),
        ("", None),
        ("Maybe", None),
    ],
)
def test_a_cell_is_recognised_or_it_is_not(cell: str, choice: str | None) -> None:
    assert choice_of(TABLE, cell) == choice


def test_a_spelling_of_two_choices_is_refused() -> None:
    with pytest.raises(ValueError, match="spells both"):
        spellings({"one": ["Other"], "two": [" other. "]})


def test_what_tells_choices_apart_is_kept() -> None:
    assert plain("Race/Ethnicity") != plain("Race Ethnicity")
    assert plain("In-house") == plain("in–house.")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('["Age","Sex/Gender"]', ["Age", "Sex/Gender"]),
        ("Age, Sex/Gender; Other", ["Age", "Sex/Gender", "Other"]),
        ("[]", []),
        (" , ", []),
        ("None", ["None"]),
    ],
)
def test_several_answers_in_one_cell_are_told_apart(cell: str, found: list[str]) -> None:
    assert parts(cell, ",;") == found


def test_without_separators_a_cell_is_one_answer() -> None:
    assert parts("Re-use, and more; so", "") == ["Re-use, and more; so"]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("10/1/2023", date(2023, 10, 1)),
        (" 2023-10-01 ", date(2023, 10, 1)),
        ("24-Aug", date(2024, 8, 1)),
        ("7/16/1905", date(2024, 1, 1)),
        ("7/16/1906", None),
        ("10/12023", None),
        ("13/40/2023", None),
        ("soon", None),
    ],
)
def test_dates_are_read_as_spreadsheets_leave_them(cell: str, found: date | None) -> None:
    formats = ("%m/%d/%Y", "%Y-%m-%d", "%y-%b")
    assert date_of(cell, formats, date(1980, 1, 1), years_as_days=True) == found


def test_a_year_is_taken_for_a_year_only_where_the_mapping_says_so() -> None:
    assert date_of("7/16/1905", ("%m/%d/%Y",), date(1980, 1, 1), years_as_days=False) is None
