"""Apache Kafka's own consumer reads what our relay published, and the CloudEvents SDK understands it."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version as installed
from pathlib import Path

import jsonschema
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from cloudevents.core.exceptions import BaseCloudEventException

from deploy.local.kafka import KafkaServer
from shared.events.schemas import asyncapi, event_schema
from shared.log.open import open_log
from shared.log.port import CONTENT_TYPE, Log, facts_topic
from shared.log.relay import Relay
from shared.store.migrate import upgrade
from shared.store.open import open_store
from shared.store.port import EMPTY, EventStore, Stored
from shared.transparency.hashes import leaf_hash
from tests.contracts.store.appends import append, on
from tests.engines import engine_folder, or_missing
from tests.strangers.console_consumer import Line, consumed, version
from tests.strangers.said import Tell

pytestmark = pytest.mark.kafka

CONSUMER, SDK = "console consumer of Apache Kafka", "`cloudevents` SDK"
TOPIC = facts_topic("intake")
PARTITIONS = 3
STREAMS = {"system/a": 5, "system/b": 40, "system/über": 5}
AWKWARD = ["plain", 'quote " and \\ and / and \t tab', "line\nbreak", "separator \u2028", "é ü 漢字 🚪", "<script>"]


@dataclass(frozen=True)
class Published:
    """The store's rows and what the consumer printed, both by position."""

    rows: list[Stored]
    lines: dict[int, Line]


@pytest.fixture
def broker() -> Iterator[KafkaServer]:
    """A broker of its own: the topic has the product's name, and holds what this relay publishes and nothing else."""
    with engine_folder("kafka") as folder, or_missing(lambda: KafkaServer(folder)) as server:
        yield server


@pytest.fixture
async def published(tmp_path: Path, broker: KafkaServer) -> Published:
    url = f"sqlite:///{tmp_path / 'events.db'}"
    await upgrade(url, "intake")
    async with AsyncExitStack() as closing:
        store = await open_store(url, "intake")
        closing.push_async_callback(store.close)
        for stream, count in STREAMS.items():
            texts = [AWKWARD[number % len(AWKWARD)] for number in range(count)]
            await store.append(append(on(stream, EMPTY, *texts)))
        rows = await store.after(EMPTY, 1_000)
        log = await open_log(f"kafka://{broker.bootstrap}")
        closing.push_async_callback(log.close)
        await log.ensure({TOPIC: PARTITIONS})
        await relayed(store, log, rows[-1].position)
    lines = consumed(broker.bootstrap, TOPIC, len(rows))
    return Published(rows, {int(line.headers["pos"]): line for line in lines})


async def relayed(store: EventStore, log: Log, position: int) -> None:
    """Have our relay publish everything up to that position, and end."""
    writer = log.writer()
    relay = Relay(store, writer)
    running = asyncio.create_task(relay.run())
    await relay.caught_up(position)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await writer.close()


async def test_a_stranger_reads_from_kafka_what_the_store_holds(published: Published, tell: Tell) -> None:
    assert sorted(published.lines) == [row.position for row in published.rows]
    assert len({line.partition for line in published.lines.values()}) > 1
    for row in published.rows:
        assert_is(published.lines[row.position], row)
        assert_is_told_by_asyncapi(published.lines[row.position])
        assert_is_a_cloud_event(published.lines[row.position], row)

    refused = assert_changes_are_noticed(published.lines[7], published.rows[7])
    read, kafka, sdk = f"{len(published.rows)} records of a topic", version(), installed("cloudevents")
    tell(CONSUMER, kafka, read, "every byte, key and header as stored")
    tell(CONSUMER, kafka, "a byte, a key or a header changed", "not what is stored", control=True)
    tell(SDK, sdk, read, "CloudEvents in structured mode, every attribute as stored")
    tell(SDK, sdk, "a record without its source", refused, control=True)


def assert_changes_are_noticed(line: Line, row: Stored) -> str:
    """The control: a record that is otherwise in one byte, in its key or in a header passes no more. Returns what the
    SDK says of one without its source."""
    changed = line.value[:-3] + bytes([line.value[-3] ^ 1]) + line.value[-2:]
    with pytest.raises(AssertionError):
        assert_is(replace(line, value=changed), row)
    with pytest.raises(AssertionError):
        assert_is(replace(line, key=b"system/c"), row)
    with pytest.raises(jsonschema.ValidationError):
        assert_is_told_by_asyncapi(replace(line, headers={**line.headers, "leaf": b"none"}))
    with pytest.raises(AssertionError):
        assert_is_a_cloud_event(replace(line, value=line.value.replace(row.stream.encode(), b"system/c")), row)
    with pytest.raises(BaseCloudEventException) as refused:
        assert_is_a_cloud_event(replace(line, value=line.value.replace(b'"source":', b'"sauce":')), row)
    return str(refused.value)


def assert_is(line: Line, row: Stored) -> None:
    """The record is the row, byte for byte, and its headers say so."""
    assert (line.value, line.key) == (row.body, row.envelope.partitionkey.encode())
    assert line.headers == {
        "content-type": CONTENT_TYPE,
        "event_id": row.id.encode(),
        "pos": str(row.position).encode(),
        "ver": str(row.version).encode(),
        "schema": row.type.encode(),
        "leaf": leaf_hash(line.value).hex().encode(),
    }


def assert_is_told_by_asyncapi(line: Line) -> None:
    """The record is what the AsyncAPI document says of its type."""
    message = asyncapi()["components"]["messages"][line.headers["schema"].decode()]
    jsonschema.validate({name: value.decode() for name, value in line.headers.items()}, message["headers"])
    jsonschema.validate(json.loads(line.value), event_schema(message["name"]))


def assert_is_a_cloud_event(line: Line, row: Stored) -> None:
    """The CloudEvents SDK takes the record for a CloudEvent in structured mode, and finds in it what we wrote."""
    event = from_kafka_event(KafkaMessage(headers=dict(line.headers), key=line.key, value=line.value))
    written = json.loads(row.body)
    found = dict(event.get_attributes()) | {"data": event.get_data()}
    assert isinstance(found["time"], datetime)
    assert found.pop("time") == datetime.fromisoformat(written.pop("time"))
    assert found == written
