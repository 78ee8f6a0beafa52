"""The checker finds each thing that can be wrong, and nothing where all is right."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.checker import Findings, Held, check, check_effects
from tests.faults.history import History, Operation


def told(*endings: str) -> list[Operation]:
    """Operations `0`, `1`, … of one client with these endings."""
    return [Operation(id=str(n), client="c", ending=ending) for n, ending in enumerate(endings)]  # type: ignore[arg-type]


def held(*places: tuple[str, str, int, int]) -> list[Held]:
    return [
        Held(operation=operation, stream=stream, version=version, position=position)
        for operation, stream, version, position in places
    ]


RIGHT = held(("0", "a", 0, 0), ("1", "b", 0, 1), ("2", "a", 1, 2))


def test_what_was_acknowledged_once_and_in_order_is_clean() -> None:
    assert check(told("ok", "ok", "ok"), RIGHT).clean
    assert str(Findings()) == "clean"


@pytest.mark.parametrize("ending", ["info", "fail"])
def test_what_was_not_acknowledged_may_be_absent(ending: str) -> None:
    assert check(told("ok", "ok", "ok", ending), RIGHT).clean


def test_what_nobody_knows_of_may_be_there_once() -> None:
    assert check(told("ok", "ok", "info"), RIGHT).clean


@pytest.mark.parametrize(
    ("operations", "there", "kind", "found"),
    [
        (told("ok", "ok", "ok", "ok"), RIGHT, "lost", ["3"]),
        (told("ok", "ok"), RIGHT, "phantom", ["2"]),
        (told("ok", "ok", "fail"), RIGHT, "phantom", ["2"]),
        (told("ok", "ok", "ok"), [*RIGHT, RIGHT[-1]], "duplicated", ["a/1"]),
        (told("ok", "ok", "ok"), [RIGHT[2], RIGHT[0], RIGHT[1]], "reordered", None),
        (told("ok", "ok"), held(("0", "a", 0, 0), ("1", "a", 2, 1)), "skipped", ["a/1"]),
        (told("ok", "ok"), held(("0", "a", 0, 0), ("1", "a", 1, 2)), "skipped", ["position 1"]),
        (told("ok", "ok"), held(("0", "a", 0, 0), ("1", "a", 0, 1)), "duplicated", ["a/0"]),
    ],
)
def test_each_thing_that_is_wrong_is_found(
    operations: Sequence[Operation], there: Sequence[Held], kind: str, found: list[str] | None
) -> None:
    findings = check(operations, there)
    assert findings.counts[kind] > 0
    assert found is None or getattr(findings, kind) == found
    assert kind in str(findings)


def test_a_topic_may_repeat_what_it_has_but_not_hold_two_things_in_one_place() -> None:
    assert check(told("ok", "ok", "ok"), [*RIGHT, *RIGHT], at_least_once=True).clean
    two = [Held(operation="0", stream="a", version=0), Held(operation="1", stream="a", version=0)]
    assert check(told("ok", "ok"), two, at_least_once=True).duplicated == ["a/0"]


def test_effects_are_counted_once_each() -> None:
    assert check_effects(told("ok", "info", "fail"), ["0"]).clean
    assert check_effects(told("ok", "ok"), ["0", "0"]).counts["duplicated"] == 1
    assert check_effects(told("ok", "ok"), ["0"]).lost == ["1"]
    assert check_effects(told("fail"), ["0", "x"]).phantom == ["0", "x"]


def test_findings_add_up() -> None:
    assert (Findings(lost=["a"]) + Findings(lost=["b"], skipped=["c"])).counts["lost"] == 2


def test_a_history_tells_what_each_operation_came_to(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    for operation in "abcd":
        history.invoke(operation, "c")
    history.ok("a", "1")
    history.fail("b", "409")
    history.info("c", "cut off")
    history.invoke("c", "c")
    history.ok("c", "2")
    assert [(one.id, one.ending) for one in history.operations()] == [
        ("a", "ok"),
        ("b", "fail"),
        ("c", "ok"),
        ("d", "info"),
    ]


def test_a_line_that_a_killed_client_could_not_finish_was_never_said(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    history.invoke("a", "c")
    with (tmp_path / "history.jsonl").open("a") as out:
        out.write('{"op": "a", "type": "ok"')
    assert [one.ending for one in history.operations()] == ["info"]


def test_an_operation_that_was_both_acknowledged_and_refused_is_no_history(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    history.invoke("a", "c")
    history.ok("a")
    history.fail("a", "then refused")
    with pytest.raises(ValueError, match="not a history"):
        history.operations()
