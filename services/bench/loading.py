"""A data folder of its own, filled through the stores and brought as far as the running product would bring it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Final

from services.bench.lives import LONGEST, life, start_of
from services.process import LIVE, Process, World, opened, prepare_embedded
from services.signing import signer_of
from shared.events.intake import SystemRegistered
from shared.log.projector import Projector
from shared.log.relay import Relay
from shared.runtime.service import Runner, Service
from shared.runtime.settings import Settings
from shared.store.port import EventStore, Receipt

WRITERS: Final = 64
FACTS_IN_A_LIFE: Final = 22
TOLD: Final = ("intake", "review")
"""The services whose facts a life consists of."""
_LATEST: Final = 10 * WRITERS * FACTS_IN_A_LIFE


@asynccontextmanager
async def site(folder: Path, world: World = LIVE) -> AsyncIterator[Process]:
    """The services over that folder, nothing running; the environment's settings count for nothing here."""
    settings = Settings(data=folder, port=0)
    await prepare_embedded(settings)
    async with opened(settings, world=world) as process:
        yield process


class Portfolio:
    """Lives on their way into stores; `of` is how many events the portfolio will have when it is whole.

    It is the clock of those stores too: they record each life when it has been lived, not when it is loaded.
    """

    def __init__(self, of: int) -> None:
        self._lives = max(of // FACTS_IN_A_LIFE, 1)
        self._begun = 0

    @property
    def world(self) -> World:
        """A world whose clock this is."""
        return World(clock=lambda: start_of(self._begun, self._lives) + LONGEST)

    async def grow(self, process: Process, events: int, told: Callable[[Receipt], None] | None = None) -> int:
        """Append whole lives until the stores hold so many events; how many were appended. `told` hears of each."""
        stores = {service.name: service.store for service in process.services if service.name in TOLD}
        held = before = await held_by(list(stores.values()))
        self._begun = await _lives_in(stores["intake"])
        numbers = count(self._begun)

        async def write() -> None:
            nonlocal held
            while held < events:
                self._begun = next(numbers)
                for act in life(self._begun, self._lives):
                    receipt = await stores[act.service].append(act.append)
                    held += receipt.count
                    if told is not None:
                        told(receipt)

        await asyncio.gather(*(write() for _ in range(WRITERS)))
        return held - before


async def held_by(stores: Sequence[EventStore]) -> int:
    """How many events these stores hold."""
    return sum([(await store.head()).next_position for store in stores])


async def _lives_in(intake: EventStore) -> int:
    """How many lives were begun: they begin in the order of their numbers, which their names hold."""
    end = (await intake.head()).next_position
    facts = [stored.fact for stored in await intake.after(end - 1 - _LATEST, _LATEST)]
    return max((int(fact.name.split()[1]) + 1 for fact in facts if isinstance(fact, SystemRegistered)), default=0)


def service_of(process: Process, name: str) -> Service:
    """The service of that name in an opened process."""
    return next(service for service in process.services if service.name == name)


async def relayed(process: Process, service: Service) -> None:
    """Have everything in the service's store published."""
    relay = Relay(service.store, process.log.writer())
    await until_caught_up(relay, relay.caught_up((await service.store.head()).next_position - 1))


async def signed(process: Process, service: Service) -> None:
    """Have everything in the service's store signed."""
    signer = signer_of(process, service)
    await until_caught_up(signer, signer.caught_up((await service.store.head()).next_position))


async def followed(process: Process, service: Service) -> None:
    """Have everything that is published folded into the service's derived tables."""
    reader = process.log.reader()
    for projector in service.projections:
        assert isinstance(projector, Projector)
        ends = await reader.ends(service.views.projection.topics)
        await until_caught_up(projector, projector.caught_up(ends))
    await reader.close()


async def until_caught_up(runner: Runner, caught_up: Awaitable[None]) -> None:
    """Let the runner work until it has caught up. Raises what ends the runner before."""
    working = asyncio.ensure_future(runner.run())
    waiting = asyncio.ensure_future(caught_up)
    await asyncio.wait([working, waiting], return_when=asyncio.FIRST_COMPLETED)
    for task in (working, waiting):
        task.cancel()
    results = await asyncio.gather(working, waiting, return_exceptions=True)
    if (failure := next((each for each in results if isinstance(each, Exception)), None)) is not None:
        raise failure
