"""A runner that has ended is named, and the others go on."""

import asyncio

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from services.supervision import Supervisor


class Steady:
    """Works until cancelled."""

    name = "steady"

    async def run(self) -> None:
        await asyncio.Event().wait()


class Broken:
    """Ends with a fault."""

    name = "broken"

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def run(self) -> None:
        try:
            raise LookupError("position 7 is missing")
        finally:
            self.ended.set()


async def test_a_runner_that_ended_is_named_and_the_others_go_on() -> None:
    registry, broken = CollectorRegistry(), Broken()
    supervisor = Supervisor([Steady(), broken], registry)
    with capture_logs() as lines:
        running = asyncio.create_task(supervisor.run())
        await asyncio.wait_for(broken.ended.wait(), timeout=10)
        await asyncio.sleep(0)  # the supervisor's turn after the runner's last
    assert supervisor.down == ["broken: LookupError"]  # anybody may ask: no word of what it met
    assert [line["error"] for line in lines] == ["LookupError('position 7 is missing')"]
    assert registry.get_sample_value("gatehouse_runner_up", {"runner": "broken"}) == 0
    assert registry.get_sample_value("gatehouse_runner_up", {"runner": "steady"}) == 1
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


class Quitting:
    """Returns, though nobody told it to end."""

    name = "quitting"

    async def run(self) -> None:
        return


class CutOff:
    """Ends by a cancellation that nobody asked for: one of a task of its own, passed on."""

    name = "cut off"

    async def run(self) -> None:
        own = asyncio.create_task(asyncio.Event().wait())
        own.cancel()
        await own


async def test_a_runner_that_ends_without_a_word_is_named_too() -> None:
    registry = CollectorRegistry()
    supervisor = Supervisor([Steady(), Quitting(), CutOff()], registry)
    running = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(10):
        while len(supervisor.down) < 2:  # noqa: ASYNC110 - ending wakes nobody
            await asyncio.sleep(0)
    assert supervisor.down == ["cut off: CancelledError", "quitting: it returned"]
    for name, up in (("quitting", 0), ("cut off", 0), ("steady", 1)):
        assert registry.get_sample_value("gatehouse_runner_up", {"runner": name}) == up
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert len(supervisor.down) == 2
