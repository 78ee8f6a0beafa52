"""Group commit: appends that wait together share one transaction (reliability C1.2).

One task drains the queue, at most 128 commands at a time and without a timer. Two commands that touch one stream, key
or event id never share a batch, so that a batch is decided as a whole; the second waits, and nobody overtakes it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from shared.store.drafting import Drafted
from shared.store.port import Receipt, StoreFull, StoreHeld, StoreUnavailable

LARGEST_BATCH: Final = 128
HELD_SECONDS: Final = 3.0
HELD_POLL_SECONDS: Final = 0.05
Outcome = Receipt | Exception
Commit = Callable[[Sequence[Drafted]], Awaitable[Sequence[Outcome]]]


class BatchRefused(Exception):
    """The engine refused the batch as a whole for what one of its commands holds; nothing of it was kept."""


class Batcher:
    """The queue before a store's writer. `commit` answers every command of a batch, or raises for all of them."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._waiting: deque[tuple[Drafted, asyncio.Future[Receipt]]] = deque()
        self._filled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._held_since: float | None = None

    async def submit(self, command: Drafted) -> Receipt:
        """The command's receipt once it is durable; raises what the engine answered to it."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="store writer")
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        self._filled.set()
        return await answer

    async def close(self) -> None:
        """Commit what waits, then stop."""
        self._closed = True
        self._filled.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while self._waiting or not self._closed:
            self._filled.clear()
            if batch := self._next_batch():
                await self._answer(batch)
            elif not self._closed:
                await self._filled.wait()

    def _next_batch(self) -> list[tuple[Drafted, asyncio.Future[Receipt]]]:
        batch: list[tuple[Drafted, asyncio.Future[Receipt]]] = []
        later: list[tuple[Drafted, asyncio.Future[Receipt]]] = []
        claimed: set[tuple[str, ...]] = set()
        while self._waiting and len(batch) < LARGEST_BATCH and len(later) < LARGEST_BATCH:
            command, answer = self._waiting.popleft()
            if answer.cancelled():
                continue
            mine = command.claims
            (batch if claimed.isdisjoint(mine) else later).append((command, answer))
            claimed |= mine
        self._waiting.extendleft(reversed(later))
        return batch

    async def _answer(self, batch: Sequence[tuple[Drafted, asyncio.Future[Receipt]]]) -> None:
        outcomes = await self._outcomes([command for command, _ in batch])
        for (_, answer), outcome in zip(batch, outcomes, strict=True):
            if answer.done():  # its caller went away meanwhile; what was kept is found again by its key
                continue
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

    async def _outcomes(self, commands: Sequence[Drafted]) -> Sequence[Outcome]:
        try:
            return await self._once_let_in(commands)
        except BatchRefused as refusal:
            if len(commands) == 1:
                return [refusal.__cause__ if isinstance(refusal.__cause__, Exception) else refusal]
            # One bad command must not fail its neighbours: each gets a transaction of its own.
            return [(await self._outcomes([command]))[0] for command in commands]
        except Exception as error:  # noqa: BLE001 - every waiting caller must get the error; none is dropped
            return [_same(error) for _ in commands]

    async def _once_let_in(self, commands: Sequence[Drafted]) -> Sequence[Outcome]:
        """Commit, after the rollback guard was asked: that takes a moment when the database was just opened."""
        while True:
            now = asyncio.get_running_loop().time()
            try:
                outcomes = await self._commit(commands)
            except StoreHeld:
                self._held_since = self._held_since or now
                if now - self._held_since > HELD_SECONDS:
                    raise
                await asyncio.sleep(HELD_POLL_SECONDS)
            else:
                self._held_since = None
                return outcomes


def _same(error: Exception) -> Exception:
    """The error for one of several callers: an exception object that is raised twice mixes up their tracebacks."""
    copy = type(error)(str(error)) if isinstance(error, StoreFull | StoreUnavailable) else StoreUnavailable(repr(error))
    copy.__cause__ = error
    return copy
