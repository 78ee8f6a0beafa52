"""DESIGN 6: any interleaving that keeps each partition's order gives the same tables, however it is batched."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select

from services.reporting.consumer import take
from services.reporting.tables import METADATA
from shared.log.port import Partition, Record, checkpoints_topic
from shared.transparency.checkpoint import Checkpoint, sign
from shared.transparency.keys import LOG, SigningKey
from tests.services.reporting.records import interleaved
from tests.services.reporting.stories import portfolio


@contextmanager
def empty_tables() -> Iterator[Connection]:
    """Reporting's tables in a new database."""
    engine = create_engine("sqlite://").execution_options(schema_translate_map={"view": None})
    try:
        with engine.begin() as connection:
            METADATA.create_all(connection)
            yield connection
    finally:
        engine.dispose()


def dump(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table in the order of its key."""
    return {
        table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
        for table in METADATA.sorted_tables
    }


def tables_after(batches: Iterable[Sequence[Record]]) -> dict[str, list[tuple[Any, ...]]]:
    """What the tables hold once these batches were taken in."""
    with empty_tables() as connection:
        for batch in batches:
            take(connection, batch)
        return dump(connection)


def heads() -> list[Record]:
    """Three signed checkpoints of the log of intake as their topic carries them, the newest twice."""
    signer = SigningKey("test.gatehouse.local/intake", LOG, b"s" * 32)
    signed = [
        sign(Checkpoint("test.gatehouse.local/intake", size, bytes([size]) * 32), [signer]) for size in (1, 5, 9, 9)
    ]
    partition = Partition(checkpoints_topic("intake"), 0)
    return [Record(partition, offset, b"intake", note, {}) for offset, note in enumerate(signed)]


QUEUES = [*portfolio().by_partition().values(), heads()]
STRAIGHT = tables_after([[record] for queue in QUEUES for record in queue])


def test_the_story_fills_every_table() -> None:
    assert [name for name, rows in STRAIGHT.items() if not rows] == []
    assert [(row[1], row[2]) for row in STRAIGHT["log_head"]] == [("test.gatehouse.local/intake", 9)]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30), max_size=120), st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_any_interleaving_in_any_batches_gives_the_same_tables(turns: list[int], sizes: list[int]) -> None:
    merged = list(interleaved(QUEUES, iter(turns)))
    assert len(merged) == sum(map(len, QUEUES))
    assert tables_after(batched(merged, sizes)) == STRAIGHT


def test_the_property_would_notice_a_partition_out_of_order() -> None:
    queue = next(queue for queue in QUEUES if any(b"clock_resumed" in record.value for record in queue))
    swapped = list(reversed(queue))
    others = [record for other in QUEUES if other is not queue for record in other]
    assert tables_after([[record] for record in (*swapped, *others)]) != STRAIGHT


def batched(records: Sequence[Record], sizes: Sequence[int]) -> Iterator[Sequence[Record]]:
    """The records cut into batches of these sizes, again and again."""
    start, turn = 0, 0
    while start < len(records):
        yield records[start : start + sizes[turn % len(sizes)]]
        start, turn = start + sizes[turn % len(sizes)], turn + 1
