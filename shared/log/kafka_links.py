"""What Kafka's readers and writers share: consumers that are closed for certain, and the shape of a record."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.log.port import LogUnavailable, Partition, Record

ANSWER_SECONDS: Final = 10.0
# Of one request among several in such an answer. It has to end before the answer does: cut off in the middle of its
# first question, aiokafka leaves a connection open.
REQUEST_SECONDS: Final = 4.0
STOP_SECONDS: Final = 2.0
_COORDINATING: Final = ("_coordination_task", "_heartbeat_task", "_commit_refresh_task", "_reset_committed_task")


@asynccontextmanager
async def connected(consumer: AIOKafkaConsumer) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer for a few questions, which must be answered within 10 seconds; raises `LogUnavailable`."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await consumer.start()
            yield consumer
    except (KafkaError, TimeoutError, OSError) as error:
        raise LogUnavailable(told(error)) from error
    finally:
        await stopped(consumer)


async def stopped(consumer: AIOKafkaConsumer) -> None:
    """Close a consumer, leaving its group if the broker answers; after 2 seconds its connections are cut."""
    task = asyncio.current_task()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await consumer.stop()
    except (TimeoutError, KafkaError, OSError):  # nothing of it is used again
        await _cut(consumer)
    except asyncio.CancelledError:
        # stop() passes on the cancellation of a task of its own that had not begun to run
        await _cut(consumer)
        if task is not None and task.cancelling():
            raise


async def _cut(consumer: AIOKafkaConsumer) -> None:
    """End what stop() did not come to: a fetcher that is left opens its connections again, and reads on for nobody."""
    coordinator, fetcher = consumer._coordinator, consumer._fetcher
    own = [getattr(coordinator, name, None) for name in _COORDINATING]
    own += [] if fetcher is None else [fetcher._fetch_task, *fetcher._pending_tasks]
    left = [task for task in own if task is not None and not task.done()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await consumer._client.close()


async def partitions_of(consumer: AIOKafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
    """Every partition of the topics; raises `LogUnavailable` for a topic that is not there."""
    known = await consumer._client.fetch_all_metadata()
    found = []
    for topic in topics:
        numbers = known.partitions_for_topic(topic)
        if not numbers:
            raise LogUnavailable(f"there is no topic {topic}")
        found += [TopicPartition(topic, number) for number in sorted(numbers)]
    return found


def told(error: Exception) -> str:
    """What failed, in words that begin with its kind: aiokafka's errors say theirs themselves."""
    return str(error) if isinstance(error, KafkaError) else f"{type(error).__name__} {error}"


def record_of(message: Any) -> Record:
    """A message as aiokafka hands it over, as a record of ours."""
    partition = Partition(message.topic, message.partition)
    return Record(partition, message.offset, message.key or b"", message.value or b"", headers_of(message))


def headers_of(message: Any) -> dict[str, bytes]:
    """A message's headers; a stranger's may have no value."""
    return {name: value or b"" for name, value in message.headers}
