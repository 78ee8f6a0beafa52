"""A consumer that issues commands: at least once, with the source event's id as the command's key (DESIGN 5)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection

from shared.log.books import (
    Claim,
    SetAside,
    advance,
    blocked_keys,
    how_many_parked,
    lock,
    park,
    parked,
    still_failing,
    unpark,
)
from shared.log.follower import Follower, OutOfStep
from shared.log.port import LogReader, LogUnavailable, Partition, Record
from shared.refusals import Refused
from shared.store.database import Database
from shared.store.errors import StoreFull, StoreUnavailable

TRIES: Final = 5
FIRST_PAUSE_SECONDS: Final = 0.05
NOT_NOW: Final = ("too-contended", "unavailable", "storage-full")
T = TypeVar("T")
Issue = Callable[[Record], Awaitable[None]]
log = structlog.get_logger()


class DurableLedger:
    """A consumer's books among a service's durable tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """As `Ledger.transact`."""
        placed: dict[str | None, str | None] = {"books": None}
        return await self._database.transact(
            lambda connection: work(connection.execution_options(schema_translate_map=placed))
        )


class Commander:
    """Hands each record to `issue`, which returns once the command's facts are appended; only then is progress saved.

    Commands of different keys run side by side, at most `at_once` (1 makes the order of appends that of the log).
    A record that `issue` fails five times is set aside; the later ones of its key wait behind it. A store, log or
    stream that can't take the command now is no such failure: the record is tried again until it can.
    """

    def __init__(
        self,
        reader: LogReader,
        database: Database,
        *,
        name: str,
        topics: Sequence[str],
        issue: Issue,
        at_once: int = 16,
    ) -> None:
        self.name = name
        self._ledger = DurableLedger(database)
        self._issue = issue
        self._at_once = at_once
        self._turns = asyncio.Semaphore(at_once)
        self._topics = topics
        self._follower = Follower(reader, self._ledger, name, topics)

    async def run(self) -> None:
        """Follow the log until cancelled."""
        await self._follower.run(self._take)

    async def caught_up(self, ends: Mapping[Partition, int]) -> None:
        """Wait until everything before `ends` has had its effect or is set aside."""
        await self._follower.caught_up({each: end for each, end in ends.items() if each.topic in self._topics})

    async def lag(self) -> int:
        """How many records have not been handled yet."""
        return await self._follower.lag()

    async def set_aside(self) -> Sequence[SetAside]:
        """The records that were not handled, in the log's order."""
        return await self._ledger.transact(lambda connection: parked(connection, self.name))

    async def missing(self) -> int:
        """How many records were not handled."""
        return await self._ledger.transact(lambda connection: how_many_parked(connection, self.name))

    async def release(self, key: bytes) -> int:
        """Try the records of one key again that were set aside, in order; how many were handled.

        The first that fails again stays, with its new reason, and the rest behind it.
        """
        done = 0
        while waiting := await self._ledger.transact(lambda connection: self._first(connection, key)):
            record = waiting[0].record
            try:
                await self._issue(record)
            except Exception as error:
                if _not_now(error):
                    raise
                reason = f"{type(error).__name__}: {error}"
                await self._ledger.transact(partial(still_failing, consumer=self.name, record=record, reason=reason))
                break
            await self._ledger.transact(partial(unpark, consumer=self.name, record=record))
            done += 1
        return done

    def _first(self, connection: Connection, key: bytes) -> Sequence[SetAside]:
        lock(connection, self.name)  # who parks one meanwhile has done so, or will see that nothing waits any more
        return parked(connection, self.name, key, limit=1)

    async def drop(self, record: Record) -> None:
        """Pass a record over that holds no fact; those behind it wait to be released."""
        await self._ledger.transact(partial(unpark, consumer=self.name, record=record))

    async def _take(self, claimed: Claim, records: Sequence[Record]) -> Claim:
        blocked = await self._blocked({record.key for record in records})
        chains: dict[bytes, list[Record]] = {}
        for record in records:
            chains.setdefault(record.key if self._at_once > 1 else b"", []).append(record)
        ended = await asyncio.gather(*(self._chain(each, blocked) for each in chains.values()), return_exceptions=True)
        for end in ended:
            if isinstance(end, BaseException):
                raise end  # nothing is saved: what was done is answered from its key when the batch comes again

        def save(connection: Connection) -> Claim:
            self._insist_on_waiting(connection, blocked)
            for unhandled in ended:
                assert not isinstance(unhandled, BaseException)
                for record, reason in unhandled:
                    park(connection, self.name, record, reason, 0 if reason is None else TRIES)
            return advance(connection, claimed, records[-1])

        return await self._ledger.transact(save)

    def _insist_on_waiting(self, connection: Connection, blocked: frozenset[bytes]) -> None:
        """Raise `OutOfStep` if what a record was to wait behind was released meanwhile: nothing would free it."""
        if blocked:
            lock(connection, self.name)
            if released := blocked - blocked_keys(connection, self.name, blocked):
                raise OutOfStep(f"released meanwhile: {sorted(released)}")

    async def _blocked(self, keys: set[bytes]) -> frozenset[bytes]:
        """The keys that wait behind a failed record; one whose failure was released while others queued is freed."""
        blocked = await self._ledger.transact(lambda connection: blocked_keys(connection, self.name, keys))
        if blocked:
            failed = await self._ledger.transact(lambda connection: blocked_keys(connection, self.name, blocked, ""))
            for key in blocked - failed:
                await self.release(key)
            blocked = await self._ledger.transact(lambda connection: blocked_keys(connection, self.name, keys))
        return frozenset(blocked)

    async def _chain(self, records: Sequence[Record], blocked: frozenset[bytes]) -> list[tuple[Record, str | None]]:
        """Issue one after the other; returns those that were not handled, with the reason or None for waiting."""
        stuck, unhandled = set(blocked), list[tuple[Record, str | None]]()
        for record in records:
            reason = None if record.key in stuck else await self._handle(record)
            if record.key in stuck or reason is not None:
                stuck.add(record.key)
                unhandled.append((record, reason))
        return unhandled

    async def _handle(self, record: Record) -> str | None:
        """None when the command's facts are appended, else why it failed five times."""
        reason = ""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            try:
                async with self._turns:
                    await self._issue(record)
            except Exception as error:
                if _not_now(error):
                    raise
                reason = f"{type(error).__name__}: {error}"
            else:
                return None
        log.error("record set aside", consumer=self.name, key=record.key, offset=record.offset, reason=reason)
        return reason


def _not_now(error: Exception) -> bool:
    if isinstance(error, Refused):
        return error.code in NOT_NOW
    return isinstance(error, StoreUnavailable | StoreFull | LogUnavailable)
