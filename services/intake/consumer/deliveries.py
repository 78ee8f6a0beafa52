"""Deliveries that were kept and not yet carried out, because the process ended or the store was away: tried again."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import structlog

from services.intake.handlers.hooks import Hooks
from shared.events.envelope import stamp
from shared.log.port import Partition
from shared.store.errors import StoreFull, StoreUnavailable

EVERY_SECONDS: Final = 5.0
AGE: Final = timedelta(seconds=10)
"""A delivery younger than this is in the hands of the request that brought it."""
BATCH: Final = 100
log = structlog.get_logger()


class Leftovers:
    """Carries out what was left over, for as long as it runs."""

    def __init__(self, hooks: Hooks) -> None:
        self.name = "gatehouse/intake/deliveries"
        self._hooks = hooks

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.once()
            except (StoreUnavailable, StoreFull) as fault:
                log.warning("deliveries wait", reason=repr(fault))
            await asyncio.sleep(EVERY_SECONDS)

    async def caught_up(self, _: Mapping[Partition, int]) -> None:
        """It follows no log, so no end of the log is ahead of it."""

    async def once(self) -> int:
        """Carry out what is left over now; how many that were."""
        before = stamp(self._hooks.clock() - AGE)
        waiting = await self._hooks.deliveries.left_over(before, BATCH)
        for delivery in waiting:
            await self._hooks.carry_out(await self._hooks.endpoints.one(delivery.endpoint_id), delivery)
        return len(waiting)
