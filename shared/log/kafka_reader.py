"""Reading from Apache Kafka: groups share the partitions, but keep no offsets there."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from shared.log.kafka_links import (
    ANSWER_SECONDS,
    REQUEST_SECONDS,
    connected,
    partitions_of,
    record_of,
    stopped,
    told,
)
from shared.log.port import LogUnavailable, Partition, Record, Starts

BATCH: Final = 500
IDLE_MILLISECONDS: Final = 500
RETRY_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 60.0  # how long a replay waits for a broker that is away, or for records that are not there
SESSION_SECONDS: Final = 6.0  # a member that was killed keeps its partitions so long; the least that a broker allows
log = structlog.get_logger()


class KafkaReader:
    """As `LogReader`. Auto commit is off, and an offset that is not there raises instead of jumping."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    async def batches(
        self, group: str, topics: Sequence[str], starts: Starts
    ) -> AsyncGenerator[Sequence[Record], None]:
        """As `LogReader.batches`."""
        while True:
            try:
                async with aclosing(self._session(group, topics, starts)) as session:
                    async for records in session:
                        yield records
            except (KafkaError, OSError, LogUnavailable) as error:
                log.warning("reading the log failed, beginning again", group=group, error=repr(error))
            yield []
            await asyncio.sleep(RETRY_SECONDS)

    async def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        """As `LogReader.ends`."""
        async with connected(self._consumer(None)) as consumer:
            ends = await consumer.end_offsets(await partitions_of(consumer, topics))
        return {Partition(tp.topic, tp.partition): end for tp, end in ends.items()}

    async def replay(
        self, topics: Sequence[str], until: Mapping[Partition, int], since: Mapping[Partition, int] | None = None
    ) -> AsyncGenerator[Sequence[Record], None]:
        """As `LogReader.replay`."""
        begin = {partition: (since or {}).get(partition, 0) for partition in until if partition.topic in topics}
        left = {TopicPartition(*each): until[each] for each, offset in begin.items() if offset < until[each]}
        if not left:
            return
        consumer = self._consumer(None)
        try:
            await consumer.start()
            consumer.assign(list(left))
            for partition in left:
                consumer.seek(partition, begin[Partition(*partition)])
            heard = time.monotonic()
            while left:
                fetched = await consumer.getmany(*left, timeout_ms=IDLE_MILLISECONDS, max_records=BATCH)
                if not fetched and time.monotonic() - heard > SILENT_SECONDS:
                    raise LogUnavailable(f"nothing came for {SILENT_SECONDS:g} s, up to {left} was asked for")
                for partition, messages in fetched.items():
                    end = left[partition]
                    if records := [record_of(message) for message in messages if message.offset < end]:
                        yield records
                    if messages[-1].offset + 1 >= end:
                        del left[partition]
                heard = time.monotonic() if fetched else heard  # only the log's silence counts, not its reader's work
        except (KafkaError, OSError) as error:
            raise LogUnavailable(told(error)) from error
        finally:
            await stopped(consumer)

    async def at(self, offsets: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """As `LogReader.at`."""
        if not offsets:
            return {}
        async with connected(self._consumer(None)) as consumer:
            ends = await consumer.end_offsets([TopicPartition(*partition) for partition in offsets])
            there = {tp: offset for p, offset in offsets.items() if offset < ends[tp := TopicPartition(*p)]}
            consumer.assign(list(there))
            found = {}
            for tp, offset in there.items():
                consumer.seek(tp, offset)
                record = record_of(await consumer.getone(tp))
                if record.offset == offset:
                    found[record.partition] = record
            return found

    async def close(self) -> None:
        """As `LogReader.close`; every use here has closed what it opened."""

    async def _session(
        self, group: str, topics: Sequence[str], starts: Starts
    ) -> AsyncGenerator[Sequence[Record], None]:
        """One membership in the group, until the log fails."""
        consumer = self._consumer(group)
        beginning = _Beginning(consumer, starts)
        try:
            await consumer.start()
            consumer.subscribe(topics=list(topics), listener=beginning)
            while True:
                fetched = await consumer.getmany(timeout_ms=IDLE_MILLISECONDS, max_records=BATCH)
                if beginning.failure is not None:
                    raise LogUnavailable(str(beginning.failure)) from beginning.failure
                if not fetched:
                    yield []
                for messages in fetched.values():
                    yield [record_of(message) for message in messages]
        finally:
            await stopped(consumer)

    def _consumer(self, group: str | None) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            session_timeout_ms=int(SESSION_SECONDS * 1000),
            heartbeat_interval_ms=int(SESSION_SECONDS * 1000 / 3),
            request_timeout_ms=int((ANSWER_SECONDS if group else REQUEST_SECONDS) * 1000),
            metadata_max_age_ms=30_000,
        )


class _Beginning(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Moves every partition that we are given to where its reader left off.

    aiokafka logs what a listener raises and goes on without a position; `failure` keeps it for the session to end by.
    """

    def __init__(self, consumer: AIOKafkaConsumer, starts: Starts) -> None:
        self._consumer = consumer
        self._starts = starts
        self.failure: Exception | None = None

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Nothing to do: progress is saved with each batch, and who gets the partition next fences us."""

    async def on_partitions_assigned(self, assigned: Any) -> None:
        # Asking for the offsets takes time, in which aiokafka would look for committed ones, find none and fail.
        for partition in assigned:
            self._consumer.pause(partition)
            self._consumer.seek(partition, 0)
        try:
            offsets = await self._starts([Partition(tp.topic, tp.partition) for tp in sorted(assigned)])
        except Exception as failure:  # noqa: BLE001 - raised again by the session, in the task that reads
            self.failure = failure
            return
        for partition in assigned:
            self._consumer.seek(partition, offsets[Partition(*partition)])
            self._consumer.resume(partition)
