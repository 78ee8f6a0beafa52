"""Derives a projection again from offset zero in the slot that nobody reads, compares, and swaps (DESIGN 6)."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Connection

from shared.log.books import Claim, claim, fence, offsets, set_epochs
from shared.log.digest import Digest, digest
from shared.log.folding import Folding, RecordFailed
from shared.log.port import LogReader, Partition, Record
from shared.log.views import Views, begin_building, in_slot, insist, live_of, swap

PAUSE_SECONDS: Final = 0.1
LONGEST_TAIL: Final = 5_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found. `same` is None where there was nothing to compare: the definition had changed."""

    events: int
    seconds: float
    same: bool | None
    before: Digest | None
    after: Digest


async def rebuild(views: Views, reader: LogReader) -> Rebuilt:
    """Derive anew up to the live slot's offsets, compare at the same offsets, swap; the live slot goes on meanwhile."""
    builder, began = secrets.token_hex(8), time.monotonic()
    slot = await views.database.transact(lambda connection: begin_building(connection, views.projection, builder))
    aside = _Aside(views, reader, builder, slot)
    await aside.catch_up(await views.offsets())
    await aside.index()
    while True:
        await aside.catch_up(await views.offsets())
        before, after = await aside.finished()
        if after is not None:
            same = None if before is None else before == after
            return Rebuilt(aside.events, time.monotonic() - began, same, before, after)
        await asyncio.sleep(PAUSE_SECONDS)


class _NotYet(Exception):
    """The live slot is where the rebuilt one can't get with the records at hand."""


class _Aside:
    """The slot being built. As a `Ledger`, it refuses to write once another rebuild has begun."""

    def __init__(self, views: Views, reader: LogReader, builder: str, slot: str) -> None:
        self._views = views
        self._projection = views.projection
        self._reader = reader
        self._builder = builder
        self._slot = slot
        self._folding = Folding(views.projection, self, views.database.fault)
        self._claims: dict[Partition, Claim] = {}
        self.events = 0

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """As `Ledger.transact`; raises `TakenOver`."""

        def guarded(connection: Connection) -> T:
            insist(connection, self._builder)
            return work(in_slot(connection, self._slot))

        return await self._views.database.transact(guarded)

    async def catch_up(self, target: Mapping[Partition, int]) -> None:
        """Fold everything up to the target, from where this slot is."""
        target = self._followed(target)
        for partition in target.keys() - self._claims.keys():
            self._claims[partition] = await self._claim(partition)
        async for records in self._reader.replay(self._projection.topics, target, self._reached()):
            partition = records[0].partition
            self._claims[partition] = await self._folding.take(self._claims[partition], records)
            self.events += len(records)

    async def index(self) -> None:
        """Make the indexes, each in a transaction of its own: on SQLite the live slot waits for every one of them."""
        for index in self._projection.secondary_indexes:
            await self.transact(index.create)

    async def finished(self) -> tuple[Digest | None, Digest | None]:
        """Both digests once readers see this slot; no second one when that has to be tried again."""
        tail = await self._tail()
        try:
            return await self._views.database.transact(lambda connection: self._finish(connection, tail))
        except (_NotYet, RecordFailed):  # catching up sets a failing record aside, as the live slot has done
            return None, None

    async def _tail(self) -> Sequence[Sequence[Record]]:
        """What the log holds beyond this slot: the live one may be anywhere in there."""
        ends, reached = await self._reader.ends(self._projection.topics), self._reached()
        known = {p: min(end, reached[p] + LONGEST_TAIL) for p, end in ends.items() if p in reached}
        return [records async for records in self._reader.replay(self._projection.topics, known, reached)]

    def _finish(self, connection: Connection, tail: Sequence[Sequence[Record]]) -> tuple[Digest | None, Digest]:
        """In one transaction: hold the live slot still, fold what is left up to it, compare, swap."""
        insist(connection, self._builder)
        live = live_of(connection)
        placed = in_slot(connection, live.slot)
        epochs = fence(placed, self._projection.name)
        target = self._followed(offsets(placed, self._projection.name))
        changed = live.definition != self._projection.definition
        before = None if changed else digest(placed, self._projection)
        placed = in_slot(connection, self._slot)
        folded = self._fold_tail(placed, tail, target)
        if offsets(placed, self._projection.name) != target:
            raise _NotYet
        after = digest(placed, self._projection)
        set_epochs(placed, self._projection.name, epochs)
        swap(connection, self._slot, self._projection.definition)
        self.events += folded
        return before, after

    def _fold_tail(
        self, connection: Connection, tail: Sequence[Sequence[Record]], target: Mapping[Partition, int]
    ) -> int:
        claims, folded = dict(self._claims), 0
        for records in tail:
            partition = records[0].partition
            if due := [record for record in records if record.offset < target.get(partition, 0)]:
                claims[partition] = self._folding.fold(connection, claims[partition], due)
                folded += len(due)
        return folded

    async def _claim(self, partition: Partition) -> Claim:
        return await self.transact(lambda connection: claim(connection, self._projection.name, partition))

    def _followed(self, live: Mapping[Partition, int]) -> Mapping[Partition, int]:
        """Of the live slot's offsets those of topics that are followed still."""
        return {partition: at for partition, at in live.items() if partition.topic in self._projection.topics}

    def _reached(self) -> Mapping[Partition, int]:
        return {partition: claimed.next for partition, claimed in self._claims.items()}
