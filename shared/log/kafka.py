"""The event log on Apache Kafka, through aiokafka, whose traps are handled here (reliability section 3)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.log.kafka_links import told
from shared.log.kafka_reader import KafkaReader
from shared.log.kafka_writer import KafkaWriter
from shared.log.port import LogUnavailable

KNOWN_SECONDS: Final = 10.0
KEEP: Final = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "LogAppendTime",  # a broker refuses what a publisher stamps over an hour ahead of it
}


class KafkaLog:
    """As `Log`. `copies` is how many brokers keep each record; 3 in production, 1 on a single node."""

    def __init__(self, bootstrap: str, *, copies: int = 1) -> None:
        self._bootstrap = bootstrap
        self._copies = copies

    async def ensure(self, topics: Mapping[str, int]) -> None:
        """As `Log.ensure`. Raises `LogUnavailable` when the broker does not answer."""
        async with self._admin() as admin:
            for name, partitions in topics.items():
                await self._ensure(admin, name, partitions)

    def writer(self) -> KafkaWriter:
        """As `Log.writer`."""
        return KafkaWriter(self._bootstrap)

    def reader(self) -> KafkaReader:
        """As `Log.reader`."""
        return KafkaReader(self._bootstrap)

    async def close(self) -> None:
        """As `Log.close`; nothing is shared."""

    async def _ensure(self, admin: AIOKafkaAdminClient, name: str, partitions: int) -> None:
        settings = KEEP | ({"min.insync.replicas": "2"} if self._copies >= 3 else {})
        response = await admin.create_topics([NewTopic(name, partitions, self._copies, topic_configs=settings)])
        code = response.topic_errors[0][1]
        if code not in (0, TopicAlreadyExistsError.errno):
            raise LogUnavailable(f"{name}: {for_code(code).__name__}")
        async with asyncio.timeout(KNOWN_SECONDS):
            # made, but not every part of the broker knows it yet
            while not (found := await _partitions(admin, name)):  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
        if found != partitions:
            raise ValueError(f"{name} has {found} partitions, not {partitions}")

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, request_timeout_ms=5000)
        try:
            await admin.start()
            yield admin
        except (KafkaError, TimeoutError, OSError) as error:
            raise LogUnavailable(told(error)) from error
        finally:
            await admin.close()


async def _partitions(admin: AIOKafkaAdminClient, topic: str) -> int:
    (found,) = await admin.describe_topics([topic])
    return sum(1 for each in found["partitions"] if not each["error_code"]) if not found["error_code"] else 0
