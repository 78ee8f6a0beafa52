"""Publishing to Apache Kafka."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from shared.log.kafka_links import REQUEST_SECONDS, connected, headers_of, partitions_of, told
from shared.log.port import Ends, LogUnavailable, Outgoing, ends_after, position_in

PUBLISH_SECONDS: Final = 5.0
STOP_SECONDS: Final = 2.0


class KafkaWriter:
    """As `LogWriter`, with an idempotent producer and `acks=all`.

    aiokafka never gives up an idempotent batch, and `stop()` then hangs as well: a producer that did not answer in
    time is abandoned and another made. What it had sent may still be written, once more than once: readers drop it.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: _Producer | None = None
        self._abandoned: set[asyncio.Task[None]] = set()

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> Ends:
        """As `LogWriter.publish`."""
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                return await self._publish(topic, records)
        except (KafkaError, TimeoutError, OSError) as error:
            self._abandon()
            raise LogUnavailable(f"{topic}: {told(error)}") from error
        except asyncio.CancelledError:
            self._abandon()
            raise

    async def ends(self, topic: str) -> Ends:
        """As `LogWriter.ends`."""
        asking = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            request_timeout_ms=int(REQUEST_SECONDS * 1000),
        )
        async with connected(asking) as consumer:
            partitions = await partitions_of(consumer, [topic])
            begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
            consumer.assign(partitions)
            return {each.partition: await _newest(consumer, each, begins[each], ends[each]) for each in partitions}

    async def close(self) -> None:
        """As `LogWriter.close`."""
        if self._producer is not None:
            self._abandon()
        await asyncio.gather(*self._abandoned)

    async def _publish(self, topic: str, records: Sequence[Outgoing]) -> Ends:
        if self._producer is None:
            self._producer = _Producer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                max_batch_size=256 * 1024,
                request_timeout_ms=int(REQUEST_SECONDS * 1000),
            )
            await self._producer.start()
        sent: list[asyncio.Future[Any]] = []
        try:
            for record in records:
                headers = list(record.headers.items())
                sent.append(await self._producer.send(topic, value=record.value, key=record.key, headers=headers))
            taken = await asyncio.gather(*sent)
        finally:
            for each in sent:
                each.cancel()  # nobody waits for those that are still out
        return ends_after([each.partition for each in taken], records)

    def _abandon(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            task = asyncio.create_task(_let_go(producer), name="abandoned producer")
            self._abandoned.add(task)
            task.add_done_callback(self._abandoned.discard)


async def _newest(consumer: AIOKafkaConsumer, partition: TopicPartition, begin: int, end: int) -> int:
    """The position of the last record that has one, -1 for none."""
    for offset in range(end - 1, begin - 1, -1):
        consumer.seek(partition, offset)
        record = await consumer.getone(partition)
        if (position := position_in(headers_of(record))) is not None:
            return position
    return -1


class _Producer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka has no types
    """Knows the requests that it has under way: its `stop()` waits for them, and to cut their connections only makes
    them open others."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.under_way: set[asyncio.Task[Any]] = set()
        send = self._sender._send_produce_req

        async def noted(node: Any, batches: Any) -> None:
            task = asyncio.current_task()
            assert task is not None
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
            await send(node, batches)

        self._sender._send_produce_req = noted


async def _let_go(producer: _Producer) -> None:
    """Deliver what is left if that is quick, then end everything: aiokafka's own `stop()` would wait for ever."""
    producer._closed = True
    with suppress(TimeoutError, KafkaError, OSError):  # nothing of it is used again
        async with asyncio.timeout(STOP_SECONDS):
            await producer.flush()
    sender = producer._sender.sender_task
    working = [task for task in (sender, *producer.under_way) if task is not None]
    for task in working:
        task.cancel()
    if working:
        await asyncio.wait(working, timeout=STOP_SECONDS)
    await producer.client.close()
