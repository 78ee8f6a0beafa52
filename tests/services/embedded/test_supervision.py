"""A runner that fails is named, counted and begun again."""

import asyncio

from prometheus_client import CollectorRegistry

from services.supervision import Supervisor


class Stumbling:
    """Fails twice, then works until cancelled."""

    name = "stumbling"

    def __init__(self) -> None:
        self.attempts = 0
        self.working = asyncio.Event()

    async def run(self) -> None:
        self.attempts += 1
        if self.attempts < 3:
            raise ConnectionError("not yet")
        self.working.set()
        await asyncio.Event().wait()


async def test_a_failing_runner_is_counted_and_begun_again() -> None:
    registry, runner = CollectorRegistry(), Stumbling()
    supervisor = Supervisor([runner], registry)
    running = asyncio.create_task(supervisor.run())
    await asyncio.wait_for(runner.working.wait(), timeout=10)
    assert runner.attempts == 3
    assert supervisor.failing == []
    assert registry.get_sample_value("gatehouse_runner_failures_total", {"runner": "stumbling"}) == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
