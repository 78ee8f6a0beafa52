"""Canonical bytes are those of the reference, whichever way they are made."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.events.canonical import canonical

SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple)
)


@given(VALUES)
def test_any_value_has_the_bytes_of_the_reference(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except ValueError as refused:
        with pytest.raises(type(refused)):
            canonical(value)
        return
    assert canonical(value) == expected


def test_every_character_is_written_as_the_reference_writes_it() -> None:
    texts = [chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000]
    assert canonical(texts) == rfc8785.dumps(texts)


@pytest.mark.parametrize(
    "value",
    [
        {"\ue000": 1, "\U00010000": 2},
        {"b": 1, "a": {"é": [], "e": {}}},
        [1.0, 1e21, -0.0, 5e-324],
        {"data": {"score": 0.5}},
        ("a", None, True, -1),
    ],
)
def test_where_the_ways_part_the_reference_is_followed(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)
    assert json.loads(canonical(value)) == json.loads(json.dumps(value))


@pytest.mark.parametrize(
    "value",
    [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {"\udfff": 1}, {1: 2}, {"a": {2: 3}}, b"x", object()],
)
def test_what_the_reference_refuses_is_refused_alike(value: Any) -> None:
    with pytest.raises(Exception) as expected:
        rfc8785.dumps(value)
    with pytest.raises(type(expected.value)):
        canonical(value)
