"""What every consumer does: claim partitions, take batches once and in order, go on after any fault."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Final, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from shared.log.books import Claim, Fenced, claim, mark_of, offsets, rewind
from shared.log.port import LogReader, LogUnavailable, Partition, Record
from shared.refusals import Refused
from shared.store.errors import StoreFull, StoreUnavailable

RETRY_SECONDS: Final = 0.5
POLL_SECONDS: Final = 0.25
PORTION_SECONDS: Final = 1.0  # while one is taken nobody tells the group that we live: far less than a session
FIRST_PORTION: Final = 16
LARGEST_PORTION: Final = 500
T = TypeVar("T")
log = structlog.get_logger()


class Ledger(Protocol):
    """Where a consumer keeps its books: `transact` hands out connections on which schema `books` is found."""

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one write transaction."""


Take = Callable[[Claim, Sequence[Record]], Awaitable[Claim]]


class OutOfStep(Exception):
    """Another record was due, or a batch is to be taken again: the reading must begin again from the saved offset."""


class Follower:
    """One member of the group `consumer`, reading its share of the topics.

    Offsets live with the consumer's effects. The newest claim to a partition wins; what an older one saves fails. If
    the record before the saved offset is not the one that was read there, the log was lost and written again: then
    everything is read again, and what was seen is dropped by the consumer.
    """

    def __init__(self, reader: LogReader, ledger: Ledger, consumer: str, topics: Sequence[str]) -> None:
        self.consumer = consumer
        self._reader = reader
        self._ledger = ledger
        self._topics = topics
        self._mine: dict[Partition, Claim] = {}
        self._portion = FIRST_PORTION
        self._moved = asyncio.Event()

    async def run(self, take: Take) -> None:
        """Hand every batch to `take`, which saves its effect and progress together and returns the moved claim."""
        while True:
            try:
                await self._session(take)
            except (StoreUnavailable, StoreFull, LogUnavailable, Refused, Fenced, OutOfStep) as fault:
                log.warning("consumer begins again", consumer=self.consumer, reason=repr(fault))
            await asyncio.sleep(RETRY_SECONDS)

    async def caught_up(self, ends: Mapping[Partition, int]) -> None:
        """Wait until everything before `ends` has had its effect, by whichever member of the group."""
        while True:
            moved = self._moved
            with suppress(StoreUnavailable):  # the books can't be read just now: then look again
                if not await self._behind(ends):
                    return
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await moved.wait()

    async def lag(self) -> int:
        """How many records of the topics have not had their effect yet."""
        ends = await self._reader.ends(self._topics)
        reached = await self._saved()
        return sum(end - reached.get(partition, 0) for partition, end in ends.items())

    async def _behind(self, ends: Mapping[Partition, int]) -> bool:
        known = {partition: claimed.next for partition, claimed in self._mine.items()}
        if all(known.get(partition, 0) >= end for partition, end in ends.items()):
            return False
        saved = await self._saved()
        return any(saved.get(partition, 0) < end for partition, end in ends.items())

    async def _saved(self) -> Mapping[Partition, int]:
        return await self._ledger.transact(lambda connection: offsets(connection, self.consumer))

    async def _session(self, take: Take) -> None:
        self._mine.clear()
        async with aclosing(self._reader.batches(self.consumer, self._topics, self._claim)) as batches:
            async for records in batches:
                if records:
                    await self._take(take, records)

    async def _claim(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        claims = await self._ledger.transact(
            lambda connection: [claim(connection, self.consumer, partition) for partition in partitions]
        )
        lost = await self._lost(claims)
        for each in claims:
            kept = each if each.partition not in lost else await self._rewound(each)
            self._mine[each.partition] = kept
        return {partition: self._mine[partition].next for partition in partitions}

    async def _lost(self, claims: Sequence[Claim]) -> set[Partition]:
        """The partitions whose log is not the one that was read before."""
        begun = {each.partition: each for each in claims if each.next > 0}
        found = await self._reader.at({partition: each.next - 1 for partition, each in begun.items()}) if begun else {}
        return {p for p, each in begun.items() if p not in found or mark_of(found[p]) != each.last_event}

    async def _rewound(self, claimed: Claim) -> Claim:
        log.warning("the log was lost, reading it again", consumer=self.consumer, partition=claimed.partition)
        return await self._ledger.transact(lambda connection: rewind(connection, claimed))

    async def _take(self, take: Take, records: Sequence[Record]) -> None:
        partition = records[0].partition
        claimed = self._mine.get(partition)
        if claimed is None:
            return  # taken from us while the batch was on its way
        due = [record for record in records if record.offset >= claimed.next]
        if due and due[0].offset != claimed.next:
            raise OutOfStep(f"{partition} at {due[0].offset}, {claimed.next} is due")
        while due:
            portion, due = due[: self._portion], due[self._portion :]
            began = time.monotonic()
            try:
                moved = await take(claimed, portion)
            except Fenced:
                if self._mine.get(partition) is claimed:
                    raise
                return  # claimed anew by ourselves meanwhile: the reader goes on from what is saved
            self._portion = _paced(len(portion), self._portion, time.monotonic() - began)
            if still_ours := self._mine.get(partition) is claimed:
                self._mine[partition] = claimed = moved
            moved_before, self._moved = self._moved, asyncio.Event()
            moved_before.set()
            if not still_ours:
                return


def _paced(taken: int, portion: int, seconds: float) -> int:
    """How many records to take next, after so many took so long: a slow consumer takes few, a quick one all it gets."""
    if seconds > PORTION_SECONDS:
        return max(1, int(taken * PORTION_SECONDS / seconds))
    return min(2 * portion, LARGEST_PORTION) if seconds < PORTION_SECONDS / 2 else portion
