"""A whole product that an experiment may kill and start again: in one process, or with its engines and a process per
role."""

import asyncio
import signal
import time
from itertools import count
from typing import Protocol
from uuid import uuid4

from services.process import opened, prepare_embedded
from shared.events.intake import DiscoverySettled, SystemDiscovered
from shared.runtime.settings import Settings
from shared.store.port import EMPTY, EventStore, NewEvent, StreamAppend
from tests.contracts.store.appends import MONDAY, append
from tests.faults.lab import Lab
from tests.journey.places import Embedded, OnPlatform, Place

WRITERS = 64


class House(Protocol):
    """The product over data that outlives its processes."""

    @property
    def place(self) -> Place:
        """Where it answers."""

    @property
    def settings(self) -> Settings:
        """By which its databases are found."""

    async def begin(self, events: int) -> None:
        """Start it for the first time, with so many facts in intake's store."""

    async def start(self) -> float:
        """Start everything; the seconds until all of it was ready."""

    async def kill(self) -> None:
        """SIGKILL to everything."""


class InOneProcess:
    """`gatehouse up` over a folder."""

    def __init__(self, lab: Lab) -> None:
        self.place = Embedded(lab.new("place"))
        self._up = False
        lab.at_the_end(lambda: self.place.end() if self._up else None)

    @property
    def settings(self) -> Settings:
        return Settings(data=self.place.folder)

    async def begin(self, events: int) -> None:
        await prepare_embedded(self.settings)
        await _filled(self.settings, events)
        await self.start()

    async def start(self) -> float:
        began = time.monotonic()
        await asyncio.to_thread(self.place.start)
        self._up = True
        return time.monotonic() - began

    async def kill(self) -> None:
        await asyncio.to_thread(self.place.end, signal.SIGKILL)
        self._up = False


class InItsRoles:
    """PostgreSQL, Kafka, Temporal and an issuer, and a process per role."""

    def __init__(self, lab: Lab) -> None:
        self._platform = lab.own_platform()
        self.place = OnPlatform(self._platform)

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self._platform.settings())

    async def begin(self, events: int) -> None:
        await self.start()
        await _filled(self.settings, events)

    async def start(self) -> float:
        await asyncio.to_thread(self._platform.start)
        return self._platform.ready_seconds

    async def kill(self) -> None:
        platform = self._platform
        parts = [process.kill for process in (*platform.roles.values(), platform.issuer)]
        parts += [platform.temporal.kill, platform.kafka.kill, platform.postgres.kill]
        for kill in parts:
            await asyncio.to_thread(kill)
        platform.stop()  # it forgets what it had started


async def _filled(settings: Settings, events: int) -> None:
    """Systems found that turn out to be none: facts that have rows everywhere and after which nobody has to act."""
    async with opened(settings, ["intake"]) as process:
        numbers, store = count(), process.services[0].store

        async def write() -> None:
            while next(numbers) < events // 2:
                await _found_and_settled(store)

        await asyncio.gather(*(write() for _ in range(WRITERS)))


async def _found_and_settled(store: EventStore) -> None:
    one = str(uuid4())
    facts = [
        SystemDiscovered(discovery_id=one, name=f"Tool {one}", found_by="proxy", found_in="egress"),
        DiscoverySettled(discovery_id=one, system_id=None, reason="no AI in it"),
    ]
    events = [NewEvent(id=str(uuid4()), fact=fact, time=MONDAY) for fact in facts]
    await store.append(append(StreamAppend(stream=f"discovery/{one}", partitionkey=one, expected=EMPTY, events=events)))
