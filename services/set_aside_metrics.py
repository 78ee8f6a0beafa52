"""How many records each consumer has set aside, to whoever scrapes the process's metrics."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from typing import Final

import structlog
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.runtime.service import Service
from shared.store.errors import StoreUnavailable

_WAIT_SECONDS: Final = 5.0
_log = structlog.get_logger()


class SetAsideCollector(Collector):
    """Asks the consumers' books when it is scraped, which is in another thread than the loop that owns them."""

    def __init__(self, services: Sequence[Service], loop: asyncio.AbstractEventLoop) -> None:
        self._services, self._loop = services, loop

    def describe(self) -> Iterable[Metric]:
        """The metric without values: registering must not ask the books."""
        return [_family()]

    def collect(self) -> Iterator[Metric]:
        """The present numbers; none while the books can't be read."""
        asking = asyncio.run_coroutine_threadsafe(self._numbers(), self._loop)
        try:
            found = asking.result(_WAIT_SECONDS)
        except (StoreUnavailable, TookTooLong) as reason:
            asking.cancel()
            _log.warning("no word of what is set aside for this scrape", reason=repr(reason))
            return
        family = _family()
        for consumer, number in found:
            family.add_metric([consumer], number)
        yield family

    async def _numbers(self) -> list[tuple[str, int]]:
        return [(each.name, await each.missing()) for service in self._services for each in service.consumers]


def _family() -> GaugeMetricFamily:
    told = "Records that a consumer could not handle, and those that wait behind them."
    return GaugeMetricFamily("gatehouse_records_set_aside", told, labels=["consumer"])
