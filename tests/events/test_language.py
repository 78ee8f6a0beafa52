"""The published language: names stay, shapes are documented, old bytes stay readable."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import jsonschema
import msgspec
import pytest

from shared.events import catalogue, envelope, intake, reporting, review, set_aside, upcasters
from shared.events.fact import Fact, Part
from shared.events.schemas import event_schema, write

GOLDEN = Path(__file__).parent / "golden"
DOCS = Path(__file__).parents[2] / "docs" / "events"
NOON = datetime(2026, 3, 2, 12, 0, 0, 250, tzinfo=UTC)


def example(kind: Any, name: str) -> Any:
    """A value of the kind, every field filled, optional ones too."""
    origin, args = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind(**{field: example(hint, field) for field, hint in get_type_hints(kind).items() if field[0] != "_"})
    if origin is tuple:
        return (example(args[0], name),)
    if origin is dict:
        return {name: example(args[1], name)}
    if args:
        return example(next(arg for arg in args if arg is not type(None)), name)
    return {str: f"a {name}", int: 3, float: 0.5, bool: True, datetime: NOON, date: date(2026, 3, 3)}[kind]


def body_of(fact: Fact) -> bytes:
    """A whole event around the fact, as a store would write it."""
    attributes = {
        "id": "6a3ff9c4-94a4-5f0c-9a79-3c1c1f7a3a10",
        "source": "//example.gatehouse.local/golden",
        "type": catalogue.type_of(fact),
        "subject": "golden/1",
        "time": envelope.stamp(NOON),
        "partitionkey": "golden/1",
        "streamversion": 0,
        "correlationid": "golden",
        "authtype": "system",
        "authid": "gatehouse/golden/test",
    }
    return envelope.draft(attributes, fact).stamped(envelope.stamp(NOON))


@pytest.mark.parametrize("name", catalogue.CATALOGUE)
def test_every_fact_survives_the_way_to_bytes_and_back(name: str) -> None:
    fact = example(catalogue.CATALOGUE[name], name)
    read = envelope.parse(body_of(fact))
    assert catalogue.fact_of(read.type, read.data) == fact


@pytest.mark.parametrize("name", catalogue.CATALOGUE)
def test_every_event_satisfies_its_published_schema(name: str) -> None:
    document = json.loads(body_of(example(catalogue.CATALOGUE[name], name)))
    jsonschema.Draft202012Validator(event_schema(name)).validate(document)
    del document["recordedtime"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(event_schema(name)).validate(document)


@pytest.mark.parametrize("name", catalogue.CATALOGUE)
def test_bytes_written_long_ago_are_still_read(name: str) -> None:
    golden = GOLDEN / f"{name}.json"
    assert golden.exists(), f"add the golden file {golden.name}: it is written once and never edited"
    read = envelope.parse(golden.read_bytes())
    assert isinstance(catalogue.fact_of(read.type, read.data), Fact)


def test_no_golden_file_was_left_behind_by_a_renamed_fact() -> None:
    lifted = {
        upcasters.lift(path.stem, {})[0] if path.stem in upcasters.STEPS else path.stem
        for path in GOLDEN.glob("*.json")
    }
    assert lifted <= set(catalogue.CATALOGUE)


def test_the_committed_documents_are_the_ones_the_catalogue_makes(tmp_path: Path) -> None:
    write(tmp_path)
    made = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.json")}
    kept = {path.relative_to(DOCS): path.read_text() for path in DOCS.rglob("*.json")}
    assert kept == made, "run: python -m shared.events.schemas docs/events"


def test_every_fact_of_every_service_has_a_name() -> None:
    unions = (intake.IntakeFact, review.ReviewFact, review.AuthorityFact, review.OverrideFact, reporting.ReportingFact)
    facts = {kind for union in (*unions, set_aside.ReleaseFact) for kind in (get_args(union) or (union,))}
    assert facts == set(catalogue.CATALOGUE.values())
    assert all(not issubclass(kind, Part) for kind in facts)
    assert all(kind.__doc__ for kind in facts)


def test_an_unknown_name_stops_the_reader() -> None:
    with pytest.raises(catalogue.UnknownType):
        catalogue.fact_of("gatehouse.intake.submitted.v99", b"{}")


def test_a_fact_of_another_shape_is_refused() -> None:
    data = catalogue.data_of(example(intake.SystemRetired, "x"))
    name = "gatehouse.intake.system_retired.v1"
    for bad in (json.dumps(data | {"surprise": 1}).encode(), b"7", b'{"system_id": "\xff"}'):
        with pytest.raises(catalogue.MalformedFact):
            catalogue.fact_of(name, bad)


def test_old_bodies_are_lifted_one_version_at_a_time() -> None:
    steps = {"a.v1": ("a.v2", lambda body: body | {"two": 2}), "a.v2": ("a.v3", lambda body: body | {"three": 3})}
    assert upcasters.lift("a.v1", {"one": 1}, steps) == ("a.v3", {"one": 1, "two": 2, "three": 3})


def test_a_value_that_looks_like_the_stamp_does_not_move_it() -> None:
    fact = intake.IntakeWithdrawn(
        system_id="s", intake_id="i", reason='"recordedtime":"0000-00-00T00:00:00.000000Z"', origin="api"
    )
    read = envelope.parse(body_of(fact))
    assert read.recordedtime == NOON
    assert catalogue.fact_of(read.type, read.data) == fact


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"id": 1}', b"\xff", b'{"id": "\xff"}'])
def test_bytes_that_are_no_event_are_named_so(body: bytes) -> None:
    with pytest.raises(envelope.MalformedEvent):
        envelope.parse(body)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each, shape in catalogue.CATALOGUE.items():
        if not (GOLDEN / f"{each}.json").exists():
            (GOLDEN / f"{each}.json").write_bytes(body_of(example(shape, each)))
