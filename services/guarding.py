"""What a process says of the rollback guards of its stores: when it is ready, and to whoever scrapes its metrics."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import TimeoutError as TookTooLong
from typing import Final

import structlog
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.refusals import Refused
from shared.runtime.service import Check
from shared.store.errors import StoreUnavailable
from shared.store.port import EventStore
from shared.store.rollback_guard import Standing

_WAIT_SECONDS: Final = 5.0
_log = structlog.get_logger()


def guard_check(store: EventStore) -> Check:
    """Ready once the witnesses were asked. A frozen store answers readers, so it is ready, with a remark."""

    async def guard() -> str | None:
        standing = await store.guard.standing()
        if standing.frozen is not None:
            return f"takes nothing more: {standing.frozen}"
        if standing.held:
            raise Refused("unavailable", "the witnesses were not asked yet whether this is the newest copy")
        return standing.silent and f"a witness does not answer: {standing.silent}"

    return guard


class GuardCollector(Collector):
    """Asks the stores when it is scraped. Scrapes come from other threads than the loop that owns the stores."""

    def __init__(self, stores: Mapping[str, EventStore], loop: asyncio.AbstractEventLoop) -> None:
        self._stores, self._loop = stores, loop

    def describe(self) -> Iterable[Metric]:
        """The metrics without values: registering must not ask the stores."""
        return _families()

    def collect(self) -> Iterator[Metric]:
        """The present values; none for a store that can't be asked."""
        frozen, held, silent = _families()
        asking = asyncio.run_coroutine_threadsafe(self._standings(), self._loop)
        try:
            found = asking.result(_WAIT_SECONDS)
        except TookTooLong:
            asking.cancel()
            _log.warning("no word of the rollback guards for this scrape", seconds=_WAIT_SECONDS)
            return
        for service, standing in found.items():
            frozen.add_metric([service], float(standing.frozen is not None))
            held.add_metric([service], float(standing.held))
            silent.add_metric([service], float(standing.silent is not None))
        yield from (frozen, held, silent)

    async def _standings(self) -> Mapping[str, Standing]:
        found: dict[str, Standing] = {}
        for service, store in self._stores.items():
            try:
                found[service] = await store.guard.standing()
            except StoreUnavailable as reason:
                _log.warning("no word of a rollback guard for this scrape", service=service, reason=repr(reason))
        return found


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
    gauge, by = GaugeMetricFamily, ["service"]
    return (
        gauge("gatehouse_log_frozen", "1 when a log was rolled back and its store takes nothing more.", labels=by),
        gauge("gatehouse_log_held", "1 while appends wait for the witnesses to be asked.", labels=by),
        gauge("gatehouse_log_witness_silent", "1 while a witness of a log does not answer.", labels=by),
    )
