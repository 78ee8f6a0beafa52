"""The relay (reliability C2): walks a store by position and publishes to its topic, in order, nothing left out."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import Connection, select, update

from shared.log.lease import Lease, LeaseLost, insert_free
from shared.log.port import CONTENT_TYPE, Ends, LogUnavailable, LogWriter, Outgoing, facts_topic
from shared.store.errors import StoreFull, StoreUnavailable
from shared.store.port import EventStore, Stored
from shared.store.tables import relay_cursor

BATCH: Final = 500
IDLE_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 5.0  # how long the topic may have lost its records before anybody asks
SHORTEST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 4.0
log = structlog.get_logger()


class GapInStore(Exception):
    """The store does not hold the position after the last one published: the relay stops, a person must look."""


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """How far a relay is: the last position published, whether it leads, and why it stopped for good (else None)."""

    position: int
    leading: bool
    stopped: str | None


class Relay:
    """Publishes one store's facts through a writer of its own. Several may run; the lease lets one lead.

    A record may be published twice (after a crash between acknowledgement and cursor), never left out.
    """

    def __init__(self, store: EventStore, writer: LogWriter) -> None:
        self.name = f"gatehouse/{store.service}/relay"
        self._store = store
        self._writer = writer
        self._topic = facts_topic(store.service)
        self._lease = Lease(store.database, "relay")
        self._position = -1
        self._ends: dict[int, int] = {}  # where each partition ended when last written by this relay, or looked at
        self._leading = False
        self._stopped: str | None = None
        self._moved = asyncio.Condition()

    def status(self) -> RelayStatus:
        """For metrics and readiness."""
        return RelayStatus(self._position, self._leading, self._stopped)

    async def caught_up(self, position: int) -> None:
        """Wait until everything up to `position` is published by this relay; raises `GapInStore` when it stopped."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._position >= position or self._stopped is not None)
        if self._stopped is not None:
            raise GapInStore(self._stopped)

    async def run(self) -> None:
        """Work until cancelled. Raises `GapInStore` rather than skip a position."""
        pause = SHORTEST_PAUSE_SECONDS
        try:
            while True:
                try:
                    await self._lead()
                except (LeaseLost, LogUnavailable, StoreUnavailable, StoreFull) as fault:
                    log.warning("relay waits", relay=self.name, reason=repr(fault))
                    pause = SHORTEST_PAUSE_SECONDS if self._leading else min(2 * pause, LONGEST_PAUSE_SECONDS)
                    self._leading = False
                    await asyncio.sleep(pause)
        except GapInStore as gap:
            log.error("relay stopped for good", relay=self.name, reason=str(gap))
            await self._note(stopped=str(gap))
            raise
        finally:
            await self._step_down()
            await self._writer.close()

    async def _lead(self) -> None:
        while not await self._lease.acquire():  # noqa: ASYNC110 - another process's lease wakes nobody
            await asyncio.sleep(IDLE_SECONDS)
        await self._note(position=await self._begin())
        self._leading = True
        looked = time.monotonic()
        while True:
            if events := await self._store.after(self._position, BATCH):
                await self._publish(events)
            else:
                await self._store.grown(self._position, IDLE_SECONDS)
            if time.monotonic() - looked > LOOK_SECONDS:
                await self._insist_on_topic()
                looked = time.monotonic()
            await self._lease.renew()

    async def _insist_on_topic(self) -> None:
        """A log that came back without its end takes new records as if nothing had been; it must be filled again."""
        if lost := short(self._ends, await self._writer.ends(self._topic)):
            raise LogUnavailable(f"{self._topic} has lost what was published, by partition all after {lost}")

    async def _begin(self) -> int:
        """The saved cursor, or less if the topic has lost its end."""
        saved, sent = await self._store.database.transact(self._claim_cursor)
        ends = await self._writer.ends(self._topic)
        lost = short(sent, ends)
        if max(ends.values(), default=-1) < saved:
            lost = lost or ends  # what an older release sent to which partition is not known
        position = min(saved, *lost.values()) if lost else saved
        if lost:
            log.warning("the topic lost records, publishing again", relay=self.name, cursor=saved, topic=position)
        self._ends = dict(ends)
        if (position, ends) != (saved, sent):
            await self._save(position)
        return position

    async def _publish(self, events: Sequence[Stored]) -> None:
        for expected, event in enumerate(events, start=self._position + 1):
            if event.position != expected:
                raise GapInStore(f"position {expected} is missing, {event.position} comes next")
        self._ends |= await self._writer.publish(self._topic, [outgoing(event) for event in events])
        await self._save(events[-1].position)
        await self._note(position=events[-1].position)

    def _claim_cursor(self, connection: Connection) -> tuple[int, Ends]:
        mine = relay_cursor.c.topic == self._topic
        insert_free(connection, relay_cursor, topic=self._topic, position=-1, epoch=0, ends="{}")
        newer = connection.execute(
            update(relay_cursor).where(mine, relay_cursor.c.epoch < self._lease.epoch).values(epoch=self._lease.epoch)
        )
        if newer.rowcount == 0:
            raise LeaseLost(self.name)
        position, ends = connection.execute(select(relay_cursor.c.position, relay_cursor.c.ends).where(mine)).one()
        return position, {int(number): end for number, end in json.loads(ends).items()}

    async def _save(self, position: int) -> None:
        mine = (relay_cursor.c.topic == self._topic) & (relay_cursor.c.epoch == self._lease.epoch)
        moved = update(relay_cursor).where(mine).values(position=position, ends=json.dumps(self._ends))
        if await self._store.database.transact(lambda connection: connection.execute(moved).rowcount) == 0:
            raise LeaseLost(self.name)

    async def _note(self, *, position: int | None = None, stopped: str | None = None) -> None:
        async with self._moved:
            self._position = self._position if position is None else position
            self._stopped = stopped
            self._moved.notify_all()

    async def _step_down(self) -> None:
        # Held is more than leading: one that waits for a log that is away, or has just begun, has the lease as well.
        self._leading = False
        with suppress(StoreUnavailable, StoreFull):  # then it expires by itself
            await self._lease.release()


def short(sent: Ends, ends: Ends) -> Ends:
    """The partitions that end before what was sent to them, and where: all after that is lost."""
    found = {number: ends.get(number, -1) for number in sent}
    return {number: end for number, end in found.items() if end < sent[number]}


def outgoing(event: Stored) -> Outgoing:
    """A stored event as the record that carries it."""
    headers = {
        "content-type": CONTENT_TYPE,
        "event_id": event.id.encode(),
        "pos": str(event.position).encode(),
        "ver": str(event.version).encode(),
        "schema": event.type.encode(),
        "leaf": event.leaf.hex().encode(),
    }
    return Outgoing(key=event.envelope.partitionkey.encode(), value=event.body, headers=headers)
