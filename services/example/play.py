"""A play from beginning to end: the world it happens in, the driver, the signed heads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.example.clocks import Clocks
from services.example.company import Company, write_people
from services.example.driver import LONG_AGO, Driver, PlayClock
from services.example.followers import Followers
from services.example.script import Script, written
from services.example.stage import Stage
from services.example.stories import stories
from services.process import Process, World, opened, prepare_embedded
from services.signing import signer_of
from shared.log.port import checkpoints_topic
from shared.runtime.entropy import SeededEntropy
from shared.runtime.service import Runner
from shared.runtime.settings import Settings

YEARS: Final = timedelta(days=730)
Report = Callable[[datetime, int], None]


@dataclass(frozen=True, kw_only=True)
class Play:
    """What is played: everything that will be recorded follows from this."""

    seed: int
    end: datetime
    length: timedelta = YEARS
    script: Script = field(default_factory=written)

    @property
    def start(self) -> datetime:
        """When the first thing happens."""
        return self.end - self.length

    @property
    def entropy(self) -> SeededEntropy:
        """Where ids, nonces, keys and whims come from. Another end is another installation, so never a fork of this."""
        return SeededEntropy(f"gatehouse example {self.seed} {self.end.isoformat()}".encode())


@asynccontextmanager
async def played(play: Play, settings: Settings, report: Report) -> AsyncIterator[Process]:
    """The process after the play, every head signed and every consumer caught up; `report` hears of every step.

    A folder in which the same play was interrupted goes on with it. Raises `WentOn`, `SetAside`.
    """
    await prepare_embedded(settings)
    write_people(settings.path("people_file"), play.script)
    clock, entropy = PlayClock(), play.entropy

    def installation(service: str) -> str:
        return str(UUID(bytes=entropy.draw(16, "installation", service), version=4))

    world = World(clock=clock, entropy=entropy, installation=installation, example=True)
    async with opened(settings, world=world) as process:
        followers = Followers(process)
        async with _at_work(followers.runners):
            await _driven(play, process, followers, clock, report)
            await followers.insist()
            await _signed(process, followers)
            yield process


async def _driven(play: Play, process: Process, followers: Followers, clock: PlayClock, report: Report) -> None:
    heads = [await service.store.head() for service in process.services]
    floor = max(head.recordedtime or LONG_AGO for head in heads)
    # What was under way when an earlier play was cut off is recorded at the instant at which it would have been.
    clock.now = floor
    await followers.caught_up()
    company = await Company.of(play.script, process.parts.people)
    driver = Driver(Stage(process, company, play.seed), Clocks(process), followers, clock, floor)
    told = stories(play.script, play.start, process.parts.bundle, play.entropy)
    await driver.play(told, play.end, report)


async def _signed(process: Process, followers: Followers) -> None:
    """Sign every log up to its end, and let the heads arrive."""
    signers = [signer_of(process, service) for service in process.services]
    async with _at_work(signers):
        for signer, service in zip(signers, process.services, strict=True):
            await signer.caught_up((await service.store.head()).next_position)
        await followers.caught_up([checkpoints_topic(service.name) for service in process.services])


@asynccontextmanager
async def _at_work(runners: Sequence[Runner]) -> AsyncIterator[None]:
    """These runners at work meanwhile; when one of them fails, so does what is done meanwhile."""
    try:
        async with asyncio.TaskGroup() as tasks:
            working = [tasks.create_task(runner.run(), name=runner.name) for runner in runners]
            yield
            for task in working:
                task.cancel()
    except ExceptionGroup as failures:
        if len(failures.exceptions) > 1:
            raise
        raise failures.exceptions[0] from None
