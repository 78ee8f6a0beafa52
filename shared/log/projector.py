"""The projector: keeps a projection's live slot up to date, and rebuilds it aside when asked or when it must."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from shared.log.books import SetAside, how_many_parked
from shared.log.folding import Folding
from shared.log.follower import Follower
from shared.log.port import LogReader, LogUnavailable, Partition, Record
from shared.log.rebuild import Rebuilt, rebuild
from shared.log.views import TakenOver, Views
from shared.store.errors import StoreFull, StoreUnavailable

RETRY_SECONDS: Final = 1.0
log = structlog.get_logger()


class Projector:
    """One consumer of a projection's topics; several share the partitions (on Kafka)."""

    def __init__(self, reader: LogReader, views: Views) -> None:
        self.name = views.projection.name
        self._reader = reader
        self._views = views
        self._topics = views.projection.topics
        self._folding = Folding(views.projection, views, views.database.fault)
        self._follower = Follower(reader, views, self.name, self._topics)

    async def run(self) -> None:
        """Rebuild if the definition changed, then follow the log until cancelled."""
        while await self._still_stale():  # noqa: ASYNC110 - what it waits for may be done by another process
            await asyncio.sleep(RETRY_SECONDS)
        await self._follower.run(self._folding.take)

    async def caught_up(self, ends: Mapping[Partition, int]) -> None:
        """Wait until everything before `ends` (of `LogReader.ends`) is in the live slot or set aside."""
        await self._follower.caught_up({each: end for each, end in ends.items() if each.topic in self._topics})

    async def lag(self) -> int:
        """How many records are not in the live slot yet."""
        return await self._follower.lag()

    async def rebuild(self) -> Rebuilt:
        """Derive everything again from offset zero, compare with what is live, and let readers see the new.

        Raises `TakenOver` when another rebuild began meanwhile, `LogUnavailable` and `StoreUnavailable`.
        """
        return await rebuild(self._views, self._reader)

    async def set_aside(self) -> Sequence[SetAside]:
        """The records that the live slot is missing, in the log's order."""
        return await self._views.set_aside()

    async def missing(self) -> int:
        """How many records the live slot is missing."""
        return await self._views.transact(lambda connection: how_many_parked(connection, self.name))

    async def drop(self, record: Record) -> None:
        """As `Folding.drop`, in the live slot."""
        await self._folding.drop(record)

    async def release(self, key: bytes) -> int:
        """As `Folding.release`, in the live slot."""
        return await self._folding.release(key)

    async def _still_stale(self) -> bool:
        try:
            if await self._views.stale():
                log.info("the projection's definition changed, rebuilding", projection=self.name)
                await self.rebuild()
        except (TakenOver, LogUnavailable, StoreUnavailable, StoreFull) as reason:
            log.warning("rebuild waits", projection=self.name, reason=repr(reason))
            return True
        return False
