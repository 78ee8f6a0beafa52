"""Relays and consumers while the example plays, and the wait until all of them have caught up."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from services.process import Process
from shared.log.commander import Commander
from shared.log.port import Ends, LogWriter, Outgoing, Partition, facts_topic
from shared.log.projector import Projector
from shared.log.relay import Relay
from shared.runtime.service import Runner


class Following(Runner, Protocol):
    """A consumer that can be waited for."""

    async def caught_up(self, ends: Mapping[Partition, int]) -> None:
        """Wait until everything before `ends` has had its effect or is set aside."""


class SetAside(Exception):
    """A consumer could not handle a record of the play: what it tells would not be the whole story."""


class _Gated:
    """As `LogWriter`, but nothing is published while a step is under way: its facts then go together."""

    def __init__(self, writer: LogWriter, step_is_over: asyncio.Event) -> None:
        self._writer, self._step_is_over = writer, step_is_over

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> Ends:
        """As `LogWriter.publish`."""
        await self._step_is_over.wait()
        return await self._writer.publish(topic, records)

    async def ends(self, topic: str) -> Ends:
        """As `LogWriter.ends`."""
        return await self._writer.ends(topic)

    async def close(self) -> None:
        """As `LogWriter.close`."""
        await self._writer.close()


class Followers:
    """Everything that follows the stores of a process."""

    def __init__(self, process: Process) -> None:
        self._services = process.services
        self._step_is_over = asyncio.Event()
        writers = [_Gated(process.log.writer(), self._step_is_over) for _ in process.services]
        self._relays = [Relay(service.store, writer) for service, writer in zip(process.services, writers, strict=True)]
        self._consumers = _consumers(process)
        self._reader = process.log.reader()
        self._topics = [facts_topic(service.name) for service in process.services]

    @property
    def runners(self) -> Sequence[Runner]:
        """What must be kept at work meanwhile."""
        return [*self._relays, *self._consumers]

    def hold(self) -> None:
        """A step begins: nobody hears of it until `caught_up` is waited for."""
        self._step_is_over.clear()

    async def caught_up(self, topics: Sequence[str] = ()) -> None:
        """Wait until every fact is published and every consumer has had its effect, and what that led to as well.

        `topics` are waited for besides those of facts.
        """
        self._step_is_over.set()
        heads: list[int] = []
        while heads != (now := [(await service.store.head()).next_position for service in self._services]):
            heads = now
            for relay, head in zip(self._relays, heads, strict=True):
                await relay.caught_up(head - 1)
            ends = await self._reader.ends([*self._topics, *topics])
            for consumer in self._consumers:
                await consumer.caught_up(ends)

    async def insist(self) -> None:
        """Raise `SetAside` unless every record was handled."""
        for service in self._services:
            missing = len(await service.views.set_aside())
            missing += sum([len(await each.set_aside()) for each in service.commanders if isinstance(each, Commander)])
            if missing:
                raise SetAside(f"{missing} records of {service.name}'s consumers were set aside")


def _consumers(process: Process) -> list[Following]:
    found = [runner for service in process.services for runner in (*service.projections, *service.commanders)]
    return [runner for runner in found if isinstance(runner, Projector | Commander)]
