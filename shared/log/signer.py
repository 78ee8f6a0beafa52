"""The signer (reliability C5): every second, what the store grew by is added to its transparency log and signed."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, ParamSpec, TypeVar

import structlog

from shared.log.finishing import to_its_end
from shared.log.heads import keep, newest
from shared.log.lease import Lease, LeaseLost
from shared.log.port import CHECKPOINT_TYPE, LogUnavailable, LogWriter, Outgoing, checkpoints_topic
from shared.log.witnessing import Cosigned, Witnessing, cosigned
from shared.store.errors import StoreFull, StoreUnavailable
from shared.store.port import EventStore, Stored
from shared.transparency.checkpoint import Head
from shared.transparency.failures import Forked, RolledBack, Unproven
from shared.transparency.keys import SigningKey
from shared.transparency.log_writer import LogWriter as TreeWriter
from shared.transparency.tile_store import TileStore

EVERY_SECONDS: Final = 1.0
BATCH: Final = 2_000
P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SignerStatus:
    """How far a signer is: the size and POSIX time of its newest head, how many witnesses cosigned that, whether it
    leads, and why it stopped for good (else None)."""

    size: int
    signed_at: float | None
    cosigned: int
    leading: bool
    stopped: str | None


class Signer:
    """Signs one store's log and publishes the heads through a writer of its own. Several may run; the lease lets one
    lead, and the tile folder has one writer.

    A log that is smaller than a witness remembers, or another, is signed no more, and its store takes no more appends.
    """

    def __init__(
        self,
        store: EventStore,
        publisher: LogWriter,
        tiles: TileStore,
        keys: Sequence[SigningKey],
        witnesses: Sequence[Witnessing] = (),
    ) -> None:
        self.name = f"gatehouse/{store.service}/signer"
        self._store = store
        self._publisher = publisher
        self._tiles = tiles
        self._keys = keys
        self._witnesses = witnesses
        self._lease = Lease(store.database, "signer")
        self._status = SignerStatus(0, None, 0, leading=False, stopped=None)
        self._moved = asyncio.Condition()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"signer of {store.service}")

    def status(self) -> SignerStatus:
        """For metrics, readiness and reports."""
        return self._status

    async def caught_up(self, size: int) -> None:
        """Wait until a head of this signer covers that many entries; raises `RolledBack` when it stopped for good."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._status.size >= size or self._status.stopped is not None)
        if self._status.stopped is not None:
            raise RolledBack(self._status.stopped)

    async def run(self) -> None:
        """Work until cancelled. Raises `RolledBack` or `Forked` rather than sign a history that was another."""
        try:
            while True:
                try:
                    await self._lead()
                except (LeaseLost, LogUnavailable, StoreUnavailable, StoreFull, Unproven, OSError) as fault:
                    log.warning("signer waits", signer=self.name, reason=repr(fault))
                    await self._note(leading=False)
                    await asyncio.sleep(EVERY_SECONDS)
        except (RolledBack, Forked) as reason:
            log.error("signer stopped for good", signer=self.name, reason=str(reason))
            await self._freeze(str(reason))
            await self._note(stopped=str(reason))
            raise
        finally:
            await self._step_down()
            await self._publisher.close()
            self._thread.shutdown(wait=False)

    async def _lead(self) -> None:
        while not await self._lease.acquire():  # noqa: ASYNC110 - another process's lease wakes nobody
            await asyncio.sleep(EVERY_SECONDS)
        remembered = await newest(self._store.database)
        tree = await self._hand(TreeWriter, self._tiles, self._keys, [] if remembered is None else [remembered])
        try:
            await self._note(leading=True)
            await self._new_events(tree)
            await self._ask(tree)
            while True:
                began = time.monotonic()
                await self._store.grown(tree.size - 1, EVERY_SECONDS)
                await self._catch_up(tree)
                await self._ask_again(tree)
                await self._lease.renew()
                await asyncio.sleep(max(0.0, EVERY_SECONDS - (time.monotonic() - began)))
        finally:
            await self._hand(tree.close)

    async def _new_events(self, tree: TreeWriter) -> Sequence[Stored]:
        """What the store grew by since it was signed; raises `RolledBack` or `Forked` unless it still holds that."""
        events = await self._store.after(tree.size - 2, BATCH)
        if not tree.size:
            return events
        if not events:
            held = (await self._store.head()).next_position
            raise RolledBack(f"the store holds {held} events, {tree.size} were signed")
        if await self._hand(tree.tree().leaf, tree.size - 1) != events[0].leaf:
            raise Forked(f"the event at position {tree.size - 1} is not the one that was signed")
        return events[1:]

    async def _catch_up(self, tree: TreeWriter) -> None:
        while events := await self._new_events(tree):
            await self._extend(tree, events)

    async def _extend(self, tree: TreeWriter, events: Sequence[Stored]) -> None:
        for position, event in enumerate(events, start=tree.size):
            if event.position != position or hashlib.sha256(b"\x00" + event.body).digest() != event.leaf:
                raise Forked(f"the store does not hold at position {position} what it recorded there")
        # Told to end in between, this hand would leave a head that no witness has seen, and auditors would refuse it.
        await to_its_end(self._sign(tree, events))

    async def _sign(self, tree: TreeWriter, events: Sequence[Stored]) -> None:
        head = await self._hand(tree.append, [event.body for event in events])
        await self._make_known(tree, head)

    async def _make_known(self, tree: TreeWriter, head: Head) -> None:
        """Keep the head beside the events before any witness sees it, then have it cosigned, then publish it."""
        await self._store.database.transact(lambda connection: keep(connection, head))
        known = await self._hand(cosigned, tree, head, self._witnesses, self._status.size)
        if known.silent is not None:
            await self._store.guard.passed(witnessed=True, silent=known.silent)
        await self._publish(known)

    async def _ask(self, tree: TreeWriter) -> None:
        """Ask the witnesses about the newest head, and let appends through when none knows of another log."""
        known = None
        if tree.head is not None and tree.size:
            known = await self._hand(cosigned, tree, tree.head, self._witnesses, self._status.size)
        silent = None if known is None else known.silent
        standing = await self._store.guard.passed(witnessed=bool(self._witnesses), silent=silent)
        if standing.frozen is not None:
            raise RolledBack(f"frozen before, and no witness has said otherwise since: {standing.frozen}")
        if known is not None and (known.by > self._status.cosigned or self._status.size < tree.size):
            await self._publish(known)

    async def _ask_again(self, tree: TreeWriter) -> None:
        """A database that is served anew may be another one, and a witness may answer later."""
        standing = await self._store.guard.standing()
        if standing.frozen is not None or not standing.asked or standing.silent is not None:
            await self._ask(tree)

    async def _publish(self, known: Cosigned) -> None:
        size = known.head.checkpoint.size
        vkeys = "\n".join(key.verifier.text for key in self._keys)
        headers = {"content-type": CHECKPOINT_TYPE, "pos": str(size - 1).encode(), "vkey": vkeys.encode()}
        record = Outgoing(key=self._store.origin.encode(), value=known.head.signed, headers=headers)
        await self._publisher.publish(checkpoints_topic(self._store.service), [record])
        await self._note(size=size, cosigned=known.by)

    async def _hand(self, step: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Run a step that blocks in the one thread for it: also after a cancellation, steps follow one another."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(step, *arguments, **named))

    async def _note(
        self, *, size: int | None = None, cosigned: int = 0, leading: bool | None = None, stopped: str | None = None
    ) -> None:
        old = self._status
        async with self._moved:
            self._status = SignerStatus(
                old.size if size is None else size,
                old.signed_at if size is None else time.time(),
                old.cosigned if size is None else cosigned,
                old.leading if leading is None else leading,
                stopped,
            )
            self._moved.notify_all()

    async def _freeze(self, reason: str) -> None:
        """Until the store has it: what it goes on taking is lost when the newest copy comes back."""
        while True:
            try:
                return await self._store.guard.freeze(f"{self._store.origin}: {reason}")
            except (StoreUnavailable, StoreFull) as fault:
                log.error("not frozen yet", signer=self.name, reason=repr(fault))
                await asyncio.sleep(EVERY_SECONDS)

    async def _step_down(self) -> None:
        await self._note(leading=False, stopped=self._status.stopped)
        with suppress(StoreUnavailable, StoreFull):  # then it expires by itself
            await self._lease.release()
