"""Canonical bytes are those of the reference, whichever way they are made."""

import json
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.events.canonical import alike, canonical

SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple)
)


class Fact(msgspec.Struct):
    """As facts are: every kind of field that one may have and that is no float."""

    text: str
    number: int
    texts: dict[str, str | tuple[str, ...]]
    lines: tuple[str, ...]


class Scored(Fact):
    score: float


FACTS = st.builds(
    Fact,
    text=st.text(st.characters()) | st.sampled_from(["a,3.5", '":1.5', "[1e3", "9007199254740993"]),
    number=st.integers(-(2**64), 2**64 - 1),
    texts=st.dictionaries(st.text(), st.text() | st.lists(st.text()).map(tuple)),
    lines=st.lists(st.text()).map(tuple),
)


@given(FACTS)
def test_a_fact_has_the_bytes_of_the_reference_or_is_left_to_it(fact: Fact) -> None:
    document = {"id": "a", "data": fact, "streamversion": 3}
    written = alike(document, Fact)
    assert written is None or written == rfc8785.dumps(document | {"data": msgspec.to_builtins(fact)})


def test_plain_facts_are_not_left_to_the_reference() -> None:
    plain = Fact('To sort, 3 ways: 12:30.5 \\ "x"', 999_999_999_999_999, {"a": ("b", "c")}, ("2026-11-26T10:00:00.5Z",))
    written = alike({"id": "a", "data": plain, "n": -7}, Fact)
    assert written == rfc8785.dumps({"id": "a", "data": msgspec.to_builtins(plain), "n": -7})


def test_a_kind_that_may_hold_a_float_is_left_to_the_reference() -> None:
    assert alike({"data": Scored("a", 1, {}, (), float("nan"))}, Scored) is None


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
