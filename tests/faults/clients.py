"""Clients that append to a store without pause, and ask again with the same key until they have an answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from shared.store.port import EMPTY, EventStore, StoreUnavailable, StreamAppend, VersionConflict
from tests.contracts.store.appends import append, event, key
from tests.faults.history import History

PATIENCE = 90.0
AWAY_SECONDS = 0.05


class Clients:
    """`seconds` holds how long each attempt waited for its answer, also one that said "not now"; `robbed` counts the
    clients that ended because an acknowledged append was not there."""

    def __init__(self, store: EventStore, history: History, *, pause: float, text: str) -> None:
        self._store, self._history, self._pause, self._text = store, history, pause, text
        self.not_now = 0  # answers to come again
        self.acknowledged, self.robbed = 0, 0
        self.seconds: list[float] = []
        self.over = asyncio.Event()
        self.after: Callable[[int], Awaitable[None]] | None = None

    async def until(self, acknowledged: int) -> None:
        """Wait for that many acknowledgements."""
        async with asyncio.timeout(PATIENCE):
            while self.acknowledged < acknowledged and not self.robbed:  # noqa: ASYNC110 - the clients only count
                await asyncio.sleep(0.01)

    async def more(self, acknowledgements: int) -> None:
        """Wait for that many further ones, or until a client ends because what it had been told is not there."""
        await self.until(self.acknowledged + acknowledgements)

    async def write(self, stream: str) -> None:
        """One client on its own stream, until `over`."""
        version = EMPTY
        while not self.over.is_set():
            operation = str(uuid4())
            self._history.invoke(operation, stream)
            try:
                await self._until_answered(stream, version, operation)
            except VersionConflict as gone:  # nobody else writes there: what was acknowledged before is lost
                self._history.fail(operation, repr(gone))
                self.robbed += 1
                return
            version += 1
            await asyncio.sleep(self._pause)

    async def _until_answered(self, stream: str, version: int, operation: str) -> None:
        events = [event(self._text, event_id=operation)]
        goes_on = StreamAppend(stream=stream, partitionkey=stream, expected=version, events=events)
        command = append(goes_on, by=key(operation))
        while True:
            began = time.monotonic()
            try:
                receipt = await self._store.append(command)
                if self.after is not None and receipt.position is not None:
                    await self.after(receipt.position)
            except StoreUnavailable as away:
                self._history.info(operation, repr(away))
                self.not_now += 1
                await asyncio.sleep(AWAY_SECONDS)
                continue
            finally:
                self.seconds.append(time.monotonic() - began)
            self._history.ok(operation, str(receipt.position))
            self.acknowledged += 1
            return


@asynccontextmanager
async def writing(
    store: EventStore, history: History, *, clients: int = 8, pause: float = 0.005, text: str = "settled"
) -> AsyncIterator[Clients]:
    """Clients at work; at the end each finishes what it has begun."""
    made = Clients(store, history, pause=pause, text=text)
    tasks = [asyncio.create_task(made.write(f"{uuid4().hex[:8]}-{number}")) for number in range(clients)]
    try:
        yield made
    finally:
        made.over.set()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*tasks)


def p99(seconds: list[float]) -> float:
    """The 99th percentile."""
    return sorted(seconds)[int(len(seconds) * 0.99)] if seconds else 0.0
