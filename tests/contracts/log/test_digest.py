"""A row's bytes in a digest are the same whichever way they are written."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, DateTime, Integer, String, Text
from sqlalchemy.types import TypeEngine

from services.reporting.tables import Instant
from shared.log.digest import encoder

FAST: list[TypeEngine[Any]] = [String(), Text(), Integer(), BigInteger(), Boolean(), Instant()]
SLOW: list[TypeEngine[Any]] = [*FAST[:-1], DateTime()]
TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]))
NUMBER = st.none() | st.integers(-(2**63), 2**63 - 1)


@given(st.tuples(TEXT, TEXT, NUMBER, NUMBER, st.none() | st.booleans(), TEXT))
def test_the_faster_writing_gives_the_same_bytes(row: tuple[Any, ...]) -> None:
    fast, slow = encoder(FAST), encoder(SLOW)
    assert fast is not slow
    assert fast(row) == slow(row)
