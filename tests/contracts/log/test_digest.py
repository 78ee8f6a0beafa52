"""A row's bytes in a digest are the same whichever way they are written."""

import hashlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
)
from sqlalchemy.types import TypeEngine

from services.reporting.tables import Instant
from shared.log.books import books
from shared.log.digest import digest, encoder
from shared.log.projection import Projection

FAST: list[TypeEngine[Any]] = [String(), Text(), Integer(), BigInteger(), Boolean(), Instant()]
SLOW: list[TypeEngine[Any]] = [*FAST[:-1], DateTime()]
TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]))
NUMBER = st.none() | st.integers(-(2**63), 2**63 - 1)


@given(st.tuples(TEXT, TEXT, NUMBER, NUMBER, st.none() | st.booleans(), TEXT))
def test_the_faster_writing_gives_the_same_bytes(row: tuple[Any, ...]) -> None:
    fast, slow = encoder(FAST), encoder(SLOW)
    assert fast is not slow
    assert fast(row) == slow(row)


def test_what_sqlite_writes_itself_has_the_same_bytes() -> None:
    metadata = MetaData(schema="view")
    table = Table("t", metadata, Column("n", Integer, primary_key=True), Column("a", Text), Column("b", BigInteger))
    projection = Projection(
        name="p", topics=[], metadata=metadata, version="1", apply=lambda _connection, _record: None
    )
    engine, asked = create_engine("sqlite://"), list[str]()
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2]))

    @given(st.lists(st.tuples(TEXT, NUMBER), max_size=4))
    def alike(connection: Connection, rows: list[tuple[str | None, int | None]]) -> None:
        connection.execute(table.delete())
        for number, (text, whole) in enumerate(rows):
            connection.execute(insert(table).values(n=number, a=text, b=whole))
        expected = hashlib.sha256(json.dumps(["t", "n", "a", "b"]).encode())
        for number, row in enumerate(rows):
            expected.update(encoder([Integer(), Text(), BigInteger()])((number, *row)) + b"\n")
        assert digest(connection, projection).tables == {"t": expected.hexdigest()}

    with engine.connect() as bare:
        placed = bare.execution_options(schema_translate_map={"view": None, "books": None})
        metadata.create_all(placed)
        books.create_all(placed)
        alike(placed)
    assert any("json_array" in statement for statement in asked)
