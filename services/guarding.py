"""What a process says of its stores, when it is asked whether it is ready and when its metrics are scraped: how their
rollback guards stand, and how far its clock is from theirs."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import TimeoutError as TookTooLong
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.refusals import Refused
from shared.runtime.service import Check
from shared.store.errors import StoreUnavailable
from shared.store.port import EventStore
from shared.store.rollback_guard import Standing

TOLERATED: Final = timedelta(minutes=1)
"""How far a clock may be from the store's, whose time alone counts in facts and deadlines, without a remark."""
_NO_STREAM: Final = "clock"
_WAIT_SECONDS: Final = 5.0
Clock = Callable[[], datetime]
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


async def ahead(store: EventStore, clock: Clock) -> timedelta:
    """How far the clock is ahead of the store's, which never goes back behind what it has recorded."""
    now = (await store.read(_NO_STREAM)).now
    return clock() - now


def clock_check(store: EventStore, clock: Clock) -> Check:
    """Ready whatever the clock says, with a remark: tokens, signatures and metrics go by it."""

    async def skew() -> str | None:
        by = await ahead(store, clock)
        if abs(by) <= TOLERATED:
            return None
        side = "ahead of" if by > timedelta(0) else "behind"
        return f"this clock is {abs(by).total_seconds():.0f} s {side} the store's"

    return skew


class GuardCollector(Collector):
    """Asks the stores when it is scraped. Scrapes come from other threads than the loop that owns the stores."""

    def __init__(self, stores: Mapping[str, EventStore], loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self._stores, self._loop, self._clock = stores, loop, clock

    def describe(self) -> Iterable[Metric]:
        """The metrics without values: registering must not ask the stores."""
        return _families()

    def collect(self) -> Iterator[Metric]:
        """The present values; none for a store that can't be asked."""
        frozen, held, silent, skew = _families()
        asking = asyncio.run_coroutine_threadsafe(self._standings(), self._loop)
        try:
            found = asking.result(_WAIT_SECONDS)
        except TookTooLong:
            asking.cancel()
            _log.warning("no word of the rollback guards for this scrape", seconds=_WAIT_SECONDS)
            return
        for service, (standing, by) in found.items():
            frozen.add_metric([service], float(standing.frozen is not None))
            held.add_metric([service], float(standing.held))
            silent.add_metric([service], float(standing.silent is not None))
            skew.add_metric([service], by.total_seconds())
        yield from (frozen, held, silent, skew)

    async def _standings(self) -> Mapping[str, tuple[Standing, timedelta]]:
        found: dict[str, tuple[Standing, timedelta]] = {}
        for service, store in self._stores.items():
            try:
                found[service] = await store.guard.standing(), await ahead(store, self._clock)
            except StoreUnavailable as reason:
                _log.warning("no word of a rollback guard for this scrape", service=service, reason=repr(reason))
        return found


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
    gauge, by = GaugeMetricFamily, ["service"]
    return (
        gauge("gatehouse_log_frozen", "1 when a log was rolled back and its store takes nothing more.", labels=by),
        gauge("gatehouse_log_held", "1 while appends wait for the witnesses to be asked.", labels=by),
        gauge("gatehouse_log_witness_silent", "1 while a witness of a log does not answer.", labels=by),
        gauge("gatehouse_clock_skew_seconds", "How far this clock is ahead of the store's.", labels=by),
    )
