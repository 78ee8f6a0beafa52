"""Conditions over answers."""

from typing import Any

import msgspec
import pytest

from shared.policy.condition import Clause, attributes_of, given, holds


@pytest.mark.parametrize(
    ("clause", "answers", "true"),
    [
        ({"attribute": "a", "any_of": ["x"]}, {"a": "x"}, True),
        ({"attribute": "a", "any_of": ["x"]}, {"a": ("y", "x")}, True),
        ({"attribute": "a", "any_of": ["x"]}, {"a": "y"}, False),
        ({"attribute": "a", "any_of": ["x"]}, {}, False),
        ({"attribute": "a", "any_of": ["x", "unknown"]}, {}, True),
        ({"attribute": "a", "any_of": ["unknown"]}, {"a": ("x", "unknown")}, True),
        ({"attribute": "a", "none_of": ["none"]}, {"a": ("x",)}, True),
        ({"attribute": "a", "none_of": ["none"]}, {"a": ("none",)}, False),
        ({"attribute": "a", "none_of": ["none"]}, {}, False),
        ({"either": [{"attribute": "a", "any_of": ["x"]}, {"attribute": "b", "any_of": ["y"]}]}, {"b": "y"}, True),
        ({"either": [{"attribute": "a", "any_of": ["x"]}, {"attribute": "b", "any_of": ["y"]}]}, {"a": "y"}, False),
    ],
)
def test_a_clause_is_true_of_what_was_said(clause: dict[str, Any], answers: dict[str, Any], true: bool) -> None:
    assert holds((msgspec.convert(clause, Clause),), answers) is true


def test_all_clauses_must_hold_and_none_is_always_true() -> None:
    both = msgspec.convert(
        [{"attribute": "a", "any_of": ["x"]}, {"attribute": "b", "none_of": ["y"]}], tuple[Clause, ...]
    )
    assert holds(both, {"a": "x", "b": "z"})
    assert not holds(both, {"a": "x", "b": "y"})
    assert holds((), {})
    assert attributes_of(both) == ("a", "b")


def test_an_absent_answer_is_the_value_unknown() -> None:
    assert given({}, "a") == ("unknown",)


@pytest.mark.parametrize(
    "clause",
    [
        {},
        {"attribute": "a"},
        {"any_of": ["x"]},
        {"attribute": "a", "any_of": ["x"], "none_of": ["y"]},
        {"attribute": "a", "any_of": ["x"], "either": [{"attribute": "a", "any_of": ["x"]}]},
    ],
)
def test_a_clause_of_another_shape_is_refused(clause: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(clause, Clause)
