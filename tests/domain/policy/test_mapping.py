"""Portfolios by mapping: a file in, rows of answers out, the same ones every time."""

import csv
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.intake.mappings import Mapping, Row, UnreadablePortfolio, Unseen, Unusable, UnusableMapping, load_mapping
from services.intake.mappings import mapping as mapping_room
from shared.policy.bundle import Bundle
from shared.policy.documents import read_document

SHIPPED = Path(mapping_room.__file__).parent
LABEL = "Rights or safety?"
MAPPING: dict[str, Any] = {
    "name": "test",
    "title": "A test",
    "encoding": "cp1252",
    "key": ["Unit", "Name"],
    "name_column": "Name",
    "owner": ["Unit", "Team"],
    "purpose": "Purpose",
    "texts": {"intended_use": "Purpose"},
    "absent": ["n/a"],
    "stage": {"attribute": "phase", "live": ["operation"], "retired": ["retired"]},
    "dates": {"formats": ["%m/%d/%Y"], "earliest": "1980-01-01", "columns": {"launched": "Live since"}},
    "labels": [{"column": LABEL, "impacting": ["Both", "Rights"], "not_impacting": ["Neither"]}],
    "withheld": [LABEL],
    "attributes": {
        "phase": {"column": "Stage", "choices": {"operation": ["In use"], "retired": ["Gone"], "planned": ["Planned"]}},
        "sector": {
            "column": "Area",
            "separators": ";",
            "choices": {"health": ["Health"], "justice": ["Law"], "other": ["Other"]},
        },
        "demographic_features": {
            "column": "Features",
            "separators": ",",
            "several": True,
            "alone": ["none"],
            "choices": {"none": ["None"], "age": ["Age"], "sex": ["Sex"]},
        },
    },
}
COLUMNS = ["Name", "Unit", "Team", "Purpose", "Stage", "Area", "Features", "Live since", LABEL, "Note", "Note"]
ROW = {
    "Name": "Café  finder",
    "Unit": "West",
    "Team": "Maps",
    "Purpose": "Finds\ncafés – fast",
    "Stage": " in USE. ",
    "Area": "Other; Law",
    "Features": '["Sex","Age"]',
    "Live since": "3/1/2024",
    LABEL: "Both\n",
}

Read = Callable[..., list[Row | Unusable]]


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    """The test's own mapping, from its file."""
    return load_mapping(_written(tmp_path, MAPPING))


def _written(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "test.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


@pytest.fixture
def read(mapping: Mapping, tmp_path: Path) -> Read:
    """Rows out of cells: each row by column, or as a bare list."""

    def make(*rows: dict[str, str] | list[str], header: list[str] = COLUMNS) -> list[Row | Unusable]:
        path = tmp_path / "rows.csv"
        with path.open("w", encoding="cp1252", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for row in rows:
                writer.writerow([row.get(column, "") for column in header] if isinstance(row, dict) else row)
        return list(mapping.read(path))

    return make


def row(read: Read, **changed: str) -> Row:
    """The usual row with some cells changed."""
    (found,) = read(ROW | changed)
    assert isinstance(found, Row)
    return found


def test_a_row_becomes_answers(read: Read) -> None:
    found = row(read)
    assert found.line == 2
    assert found.key == ("West", "Café finder")
    assert (found.name, found.owner) == ("Café finder", "West / Maps")
    assert found.answers == {"phase": "operation", "sector": "justice", "demographic_features": ("age", "sex")}
    assert found.texts == {"intended_use": "Finds\ncafés – fast"}
    assert (found.stage, found.live, found.retired) == ("operation", True, False)
    assert found.dates == {"launched": date(2024, 3, 1)}
    assert found.unseen == ()
    assert found.raw[LABEL] == "Both\n"


@pytest.mark.parametrize("cell", ["", " ", "N/A", "n/a.", "\n"])
def test_a_blank_says_nothing_and_is_not_reported(read: Read, cell: str) -> None:
    found = row(read, Stage=cell, Area=cell, Features=cell, **{"Live since": cell})
    assert found.answers == {}
    assert found.dates == {}
    assert found.unseen == ()
    assert (found.stage, found.live, found.retired) == (None, False, False)


def test_an_unseen_spelling_is_unknown_and_reported(read: Read) -> None:
    found = row(read, Area="Astrology", Features="Age, Star sign", **{"Live since": "soon"})
    assert "sector" not in found.answers
    assert found.answers["demographic_features"] == ("age", "unknown")
    assert found.unseen == (
        Unseen(attribute="sector", spelling="Astrology"),
        Unseen(attribute="demographic_features", spelling="Star sign"),
        Unseen(attribute="date:launched", spelling="soon"),
    )


def test_answers_that_exclude_each_other_say_nothing_certain(read: Read) -> None:
    found = row(read, Features="None, Age")
    assert "demographic_features" not in found.answers
    assert found.unseen == (Unseen(attribute="demographic_features", spelling="None, Age"),)
    assert row(read, Features="None, Star sign").answers["demographic_features"] == ("unknown",)


def test_a_retired_row_is_known_as_such(read: Read) -> None:
    found = row(read, Stage="Gone")
    assert (found.live, found.retired) == (False, True)


def test_the_purpose_tells_rows_apart_by_its_words_alone(read: Read) -> None:
    assert row(read).purpose_digest == row(read, Purpose=" Finds cafés –\tfast\n").purpose_digest
    assert row(read).purpose_digest != row(read, Purpose="Finds bars").purpose_digest
    assert row(read, Purpose=" ").purpose_digest is None


def test_lines_are_those_of_the_file_though_cells_hold_line_breaks(read: Read) -> None:
    first, second = read(ROW, ROW)
    assert (first.line, second.line) == (2, 5)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"Name": " "}, "it has no name"),
        ({"Name": "x" * 501}, "longer than 500"),
        ({"Unit": "", "Team": ""}, "nobody accountable"),
        ({"Unit": "x" * 300, "Team": "y" * 300}, "accountable is longer than 500"),
    ],
)
def test_a_row_that_cannot_be_registered_is_refused_with_its_line(
    read: Read, changed: dict[str, str], reason: str
) -> None:
    good, bad = read(ROW, ROW | changed)
    assert isinstance(good, Row)
    assert isinstance(bad, Unusable)
    assert bad.line == 5
    assert reason in bad.reason


def test_a_row_with_too_few_cells_does_not_fail_its_neighbours(read: Read) -> None:
    short, good = read(["x", "y"], ROW)
    assert short == Unusable(line=2, reason="it has 2 cells where the header has 11")
    assert isinstance(good, Row)


def test_bytes_of_another_encoding_refuse_only_their_row(mapping: Mapping, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    cells = b'"%s",West,Maps,p,In use,Law,Age,3/1/2024,Both,n,n\r\n'
    path.write_bytes(",".join(COLUMNS).encode() + b"\r\n" + cells % b"bad \x81" + cells % b"caf\xe9")
    bad, good = mapping.read(path)
    assert bad == Unusable(line=2, reason="column 'Name' holds bytes that are not cp1252")
    assert isinstance(good, Row)
    assert good.name == "café"


def test_bytes_that_nobody_reads_refuse_no_row(mapping: Mapping, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(",".join(COLUMNS).encode() + b",caf\x81\r\na,West,Maps,p,In use,Law,Age,,Both,n \x81,n,o\r\n")
    (found,) = mapping.read(path)
    assert isinstance(found, Row)


UNCLOSED = b'"a,West,Maps,p,In use,Law,Age,3/1/2024,Both,n,n\r\n'
WHOLE = b'"a\r\nb",West,Maps,p,In use,Law,Age,3/1/2024,Both,n,n\r\n'


@pytest.mark.parametrize(
    "rest",
    [UNCLOSED, UNCLOSED + WHOLE.replace(b'"', b"") * 5000, b"a," + b"x" * 200_000 + b"\r\n" + WHOLE],
    ids=["last", "in a large file", "an endless cell"],
)
def test_where_a_file_stops_being_csv_the_line_is_named(mapping: Mapping, tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(",".join(COLUMNS).encode() + b"\r\n" + WHOLE * 2 + rest)
    rows = mapping.read(path)
    assert [next(rows).line, next(rows).line] == [2, 4]
    with pytest.raises(UnreadablePortfolio, match=r"rows\.csv can't be read as CSV from line 6 on: "):
        next(rows)


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b""])
def test_a_last_row_is_whole_however_its_line_ends(mapping: Mapping, tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(",".join(COLUMNS).encode() + b"\r\n" + WHOLE.removesuffix(b"n\r\n") + b'"n"' + end)
    (found,) = mapping.read(path)
    assert isinstance(found, Row)


def test_where_a_file_is_no_text_the_line_is_named(tmp_path: Path) -> None:
    mapping = load_mapping(_written(tmp_path, MAPPING | {"encoding": "utf-16"}))
    path = tmp_path / "rows.csv"
    text = ",".join(COLUMNS) + "\r\n" + WHOLE.decode()
    path.write_bytes(text.encode("utf-16") + b"\x00\xdc" + text.encode("utf-16-le"))
    with pytest.raises(UnreadablePortfolio, match=r"rows\.csv is not utf-16 from line 4 on: "):
        list(mapping.read(path))


def test_columns_are_found_by_their_words_and_two_of_one_name_are_kept_apart(read: Read) -> None:
    header = [" STAGE " if column == "Stage" else column for column in COLUMNS]
    (found,) = read(["n", "u", "t", "p", "Gone", "Law", "Age", "", "Both", "one", "two"], header=header)
    assert isinstance(found, Row)
    assert found.retired
    assert (found.raw["Note"], found.raw["Note [11]"]) == ("one", "two")


def test_a_file_without_a_column_is_of_another_format(read: Read) -> None:
    with pytest.raises(UnusableMapping, match="lacks Stage; Area"):
        read(header=[column for column in COLUMNS if column not in ("Stage", "Area")])


def test_an_empty_file_is_of_another_format(mapping: Mapping, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(UnusableMapping, match="it lacks"):
        list(mapping.read(tmp_path / "empty.csv"))


def test_reading_is_a_function_of_the_row_alone(mapping: Mapping, tmp_path: Path) -> None:
    rng, rows = random.Random(3), []
    for number in range(60):
        changes = {"Name": f"s{number}", "Area": rng.choice(["Law", "Other", "?", ""]), "Purpose": rng.choice("ab")}
        rows.append(ROW | changes | {"Note": ""})

    def read(order: list[dict[str, str]]) -> list[Row | Unusable]:
        path = tmp_path / "rows.csv"
        with path.open("w", encoding="cp1252", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(order)
        return list(mapping.read(path))

    def content(found: list[Row | Unusable]) -> list[tuple[Any, ...]]:
        assert all(isinstance(one, Row) for one in found)
        return sorted((one.key, one.purpose_digest, sorted(one.answers.items())) for one in found)

    first = read(rows)
    assert read(rows) == first
    assert content(read(rng.sample(rows, len(rows)))) == content(first)


# --- labels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "label"), [("Both\n", True), ("rights", True), (" NEITHER ", False), ("", None), ("Too new", None)]
)
def test_a_label_says_yes_no_or_nothing(read: Read, mapping: Mapping, cell: str, label: bool | None) -> None:
    assert mapping.label_of(row(read, **{LABEL: cell}).raw, LABEL) is label


def test_only_a_label_that_the_mapping_knows_can_be_compared(read: Read, mapping: Mapping) -> None:
    with pytest.raises(UnusableMapping, match=r"knows no label 'Note'; its labels are: Rights or safety\?"):
        mapping.label_of(row(read).raw, "Note")


# --- the mapping itself ---------------------------------------------------------------------------------------------


def changed(**attributes: Any) -> dict[str, Any]:
    """The mapping with some attributes other."""
    return MAPPING | {"attributes": MAPPING["attributes"] | attributes}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (changed(origin={"column": LABEL, "choices": {"mixed": ["Both"]}}), "origin reads a column that is withheld"),
        (MAPPING | {"withheld": []}, "the label 'rights or safety' is not withheld"),
        (MAPPING | {"stage": {"attribute": "phase", "live": ["alive"], "retired": []}}, "the stage is not among"),
        (MAPPING | {"texts": {}}, "the purpose is kept as no text"),
        (MAPPING | {"encoding": "utf-9"}, "there is no encoding 'utf-9'"),
        (MAPPING | {"encoding": "base64"}, "there is no encoding 'base64'"),
        (changed(sector={"column": "Area", "choices": {"a": ["Law"], "b": ["law."]}}), "spells both"),
        (MAPPING | {"colour": "red"}, "unknown field `colour`"),
        ({"name": "x"}, "missing required field"),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(tmp_path: Path, content: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UnusableMapping, match=complaint):
        load_mapping(_written(tmp_path, content))


def test_a_mapping_that_nobody_ships_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnusableMapping, match=r"shipped are: .*us-federal-2024"):
        load_mapping("us-federal-1789")


@pytest.mark.parametrize(
    ("attributes", "misfit"),
    [
        ({"mood": {"column": "Area", "choices": {"bad": ["Bad"]}}}, "the form has no choice 'mood'"),
        ({"sector": {"column": "Area", "choices": {"stars": ["Stars"]}}}, "sector has no choice 'stars'"),
        ({"sector": {"column": "Area", "several": True, "choices": {"health": ["H"]}}}, "kind choice in the form"),
        ({"output": {"column": "Area", "choices": {"score": ["S"]}}}, "output is of the kind multi"),
        (
            {"demographic_features": {"column": "Features", "several": True, "choices": {"none": ["None"]}}},
            "other choices stand alone",
        ),
    ],
)
def test_a_mapping_is_held_against_the_form(
    bundle: Bundle, tmp_path: Path, attributes: dict[str, Any], misfit: str
) -> None:
    loaded = load_mapping(_written(tmp_path, changed(**attributes)))
    assert misfit in "; ".join(loaded.format.misfits(bundle.form))


def test_texts_of_a_mapping_must_be_texts_of_the_form(bundle: Bundle, tmp_path: Path) -> None:
    loaded = load_mapping(_written(tmp_path, MAPPING | {"texts": {"sector": "Purpose"}}))
    assert loaded.format.misfits(bundle.form) == ["the form has no text 'sector'"]


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_mapping_loads_by_its_name_and_fits_the_default_form(bundle: Bundle, path: Path) -> None:
    shipped = load_mapping(path.stem)
    assert shipped.name == path.stem == read_document(path)["name"]
    assert shipped.format.misfits(bundle.form) == []


def test_the_federal_mapping_reads_neither_the_label_nor_what_hangs_on_it_nor_names(bundle: Bundle) -> None:
    shipped = load_mapping("us-federal-2024").format
    read = {source.column for source in shipped.attributes.values()}
    assert not read & set(shipped.withheld)
    assert len(shipped.withheld) == 14
    assert not read & {*shipped.key, *shipped.owner, shipped.name_column, shipped.purpose, *shipped.texts.values()}
