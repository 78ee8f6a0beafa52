"""What only Apache Kafka can do to us, and what we ask of its topics."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.local.kafka import KafkaServer
from shared.log.kafka import KafkaLog
from shared.log.port import LogUnavailable, Partition
from tests.contracts.log.records import by_key, from_zero, plain, replayed
from tests.faults.line import patiently

pytestmark = pytest.mark.kafka


@pytest.fixture
def kafka(kafka_server: KafkaServer) -> KafkaLog:
    return KafkaLog(kafka_server.bootstrap)


@contextmanager
def frozen(server: KafkaServer) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


async def test_a_topic_keeps_everything_for_ever(kafka: KafkaLog, kafka_server: KafkaServer, topic_name: str) -> None:
    await kafka.ensure({topic_name: 3})
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_server.bootstrap)
    await admin.start()
    [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic_name)])
    await admin.close()
    settings = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    assert (settings["cleanup.policy"], settings["retention.ms"], settings["retention.bytes"]) == ("delete", "-1", "-1")
    assert settings["message.timestamp.type"] == "LogAppendTime"


async def test_the_number_of_partitions_is_fixed(kafka: KafkaLog, topic_name: str) -> None:
    await kafka.ensure({topic_name: 3})
    with pytest.raises(ValueError, match="3 partitions, not 4"):
        await kafka.ensure({topic_name: 4})


@pytest.mark.fault
async def test_a_frozen_broker_is_told_within_five_seconds_and_nothing_acknowledged_is_lost(
    kafka: KafkaLog, kafka_server: KafkaServer, topic_name: str
) -> None:
    """aiokafka alone would wait for ever; the record whose outcome is unknown may lie there, and not out of order."""
    await kafka.ensure({topic_name: 1})
    writer, reader = kafka.writer(), kafka.reader()
    await writer.publish(topic_name, [plain("k", "0")])
    with frozen(kafka_server):
        for _ in range(2):
            async with asyncio.timeout(6):
                with pytest.raises(LogUnavailable):
                    await writer.publish(topic_name, [plain("k", "1")])
    async with asyncio.timeout(30):
        while True:
            try:
                await writer.publish(topic_name, [plain("k", "1"), plain("k", "2")])
                break
            except LogUnavailable:
                await asyncio.sleep(0.2)
    await writer.close()
    values = by_key(await patiently(replayed, reader, topic_name))[b"k"]  # a new client may come too early
    assert values[0] == b"0"
    assert values[-2:] == [b"1", b"2"]
    assert set(values[1:-2]) <= {b"1"}


async def test_closing_is_quick_though_the_broker_is_frozen(
    kafka: KafkaLog, kafka_server: KafkaServer, topic_name: str
) -> None:
    await kafka.ensure({topic_name: 1})
    writer = kafka.writer()
    await writer.publish(topic_name, [plain("k", "0")])
    with frozen(kafka_server):
        async with asyncio.timeout(6):
            await writer.close()


async def test_a_reader_that_a_frozen_broker_does_not_let_go_leaves_nothing_running(
    kafka: KafkaLog, kafka_server: KafkaServer, topic_name: str
) -> None:
    """aiokafka's own stop() is cut off before it comes to the fetcher, which would connect again and read on."""
    await kafka.ensure({topic_name: 1})
    writer = kafka.writer()
    await writer.publish(topic_name, [plain("k", "0")])
    await writer.close()
    before = asyncio.all_tasks()
    batches = kafka.reader().batches(f"group of {topic_name}", [topic_name], from_zero)
    async with asyncio.timeout(30):
        while not await anext(batches):
            pass
    with frozen(kafka_server):
        async with asyncio.timeout(10):
            await batches.aclose()
        assert asyncio.all_tasks() == before


async def test_a_replay_does_not_wait_for_ever_for_records_that_are_not_there(kafka: KafkaLog, topic_name: str) -> None:
    await kafka.ensure({topic_name: 1})
    writer = kafka.writer()
    await writer.publish(topic_name, [plain("k", "0")])
    await writer.close()
    with patch("shared.log.kafka_reader.SILENT_SECONDS", 1.0), pytest.raises(LogUnavailable, match="nothing came"):
        async with asyncio.timeout(30):
            await replayed(kafka.reader(), topic_name, until={Partition(topic_name, 0): 2})


async def test_an_unreachable_broker_is_told(topic_name: str) -> None:
    nowhere = KafkaLog("127.0.0.1:9")
    writer = nowhere.writer()
    async with asyncio.timeout(12):
        for attempt in (
            writer.publish(topic_name, [plain("k", "v")]),
            nowhere.reader().ends([topic_name]),
            nowhere.ensure({topic_name: 1}),
        ):
            with pytest.raises(LogUnavailable):
                await attempt
    await writer.close()


async def test_headers_of_a_stranger_are_bytes_and_no_position_that_is_none(
    kafka: KafkaLog, kafka_server: KafkaServer, topic_name: str
) -> None:
    await kafka.ensure({topic_name: 1})
    writer = kafka.writer()
    await writer.publish(topic_name, [plain("k", "ours", 7)])
    stranger = AIOKafkaProducer(bootstrap_servers=kafka_server.bootstrap)
    await stranger.start()
    for position in (None, b"", b"9" * 5000):
        await stranger.send_and_wait(topic_name, value=b"x", headers=[("pos", position), ("event_id", None)])
    await stranger.stop()
    records = await replayed(kafka.reader(), topic_name)
    assert [dict(record.headers).get("event_id") for record in records] == [None, b"", b"", b""]
    assert await writer.ends(topic_name) == {0: 7}
    await writer.close()
