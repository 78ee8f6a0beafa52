"""Workflows are started from the log, exactly once in effect (reliability C4); the requests never call the engine.

`WorkflowStarts` notes every start that a record asks for, together with its progress; `Starter` makes the noted ones.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection, func, select, update

from shared.log.books import Claim, SetAside, advance, how_many_parked, park, parked, still_failing, unpark
from shared.log.commander import DurableLedger
from shared.log.follower import Follower
from shared.log.lease import insert_free
from shared.log.port import LogReader, Partition, Record
from shared.store.database import Database
from shared.store.errors import StoreFull, StoreUnavailable
from shared.store.tables import workflow_start

BATCH: Final = 100
AT_ONCE: Final = 16
IDLE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 10.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Start:
    """A workflow to start: its id, `<kind>-<aggregate id>-<round>`, and the event because of which."""

    workflow_id: str
    kind: str
    event_id: str


class WorkflowStarts:
    """A consumer that notes the starts that `due` finds in the records; a repeat of one is dropped by its id."""

    def __init__(
        self,
        reader: LogReader,
        database: Database,
        *,
        name: str,
        topics: Sequence[str],
        due: Callable[[Record], Sequence[Start]],
    ) -> None:
        self.name = name
        self._ledger = DurableLedger(database)
        self._topics = topics
        self._due = due
        self._follower = Follower(reader, self._ledger, name, topics)

    async def run(self) -> None:
        """Follow the log until cancelled."""
        await self._follower.run(self._take)

    async def caught_up(self, ends: Mapping[Partition, int]) -> None:
        """Wait until every start before `ends` is noted."""
        await self._follower.caught_up({each: end for each, end in ends.items() if each.topic in self._topics})

    async def lag(self) -> int:
        """How many records have not been looked at yet."""
        return await self._follower.lag()

    async def missing(self) -> int:
        """How many records could not be read for what they start, and were set aside."""
        return await self._ledger.transact(lambda connection: how_many_parked(connection, self.name))

    async def set_aside(self) -> Sequence[SetAside]:
        """The records that could not be read, in the log's order."""
        return await self._ledger.transact(lambda connection: parked(connection, self.name))

    async def release(self, key: bytes) -> int:
        """Look again for what the records of one key start that were set aside; how many could be read."""

        def again(connection: Connection) -> int:
            done = 0
            for each in parked(connection, self.name, key):
                try:
                    starts = self._due(each.record)
                except Exception as error:  # noqa: BLE001 - kept with the record, and told to who released it
                    still_failing(connection, self.name, each.record, f"{type(error).__name__}: {error}")
                    continue
                for start in starts:
                    note_start(connection, start)
                unpark(connection, self.name, each.record)
                done += 1
            return done

        return await self._ledger.transact(again)

    async def drop(self, record: Record) -> None:
        """Pass a record over that holds no fact."""
        await self._ledger.transact(partial(unpark, consumer=self.name, record=record))

    async def _take(self, claimed: Claim, records: Sequence[Record]) -> Claim:
        def note(connection: Connection) -> Claim:
            for record in records:
                try:
                    starts = self._due(record)
                except Exception as error:  # noqa: BLE001 - kept with the record, logged and counted
                    reason = f"{type(error).__name__}: {error}"
                    log.error("record set aside", consumer=self.name, offset=record.offset, reason=reason)
                    park(connection, self.name, record, reason, 1)
                    continue
                for start in starts:
                    note_start(connection, start)
            return advance(connection, claimed, records[-1])

        return await self._ledger.transact(note)


class Starter:
    """Makes the noted starts with `start`, for which "already started" is success. The notes outlive the engine's
    own memory: a workflow is not started again because the engine has forgotten that it ended."""

    def __init__(self, database: Database, start: Callable[[Start], Awaitable[None]], *, service: str) -> None:
        self.name = f"gatehouse/{service}/starter"
        self._database = database
        self._start = start

    async def run(self) -> None:
        """Work until cancelled; while the engine is away, try again at growing intervals."""
        pause = IDLE_SECONDS
        while True:
            try:
                failed = await self._round()
            except (StoreUnavailable, StoreFull) as fault:
                log.warning("starter waits", starter=self.name, reason=repr(fault))
                failed = True
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS) if failed else IDLE_SECONDS
            await asyncio.sleep(pause)

    async def pending(self) -> int:
        """How many noted starts are not made yet."""
        waiting = select(func.count()).select_from(workflow_start).where(workflow_start.c.state == "pending")
        async with self._database.reading() as connection:
            return int((await connection.execute(waiting)).scalar_one())

    async def _round(self) -> bool:
        """Make what is pending; whether any of it failed."""
        after, failed = "", False
        while starts := await self._pending_after(after):
            turns = asyncio.Semaphore(AT_ONCE)
            made = await asyncio.gather(*(self._make(start, turns) for start in starts))
            failed = failed or not all(made)
            after = starts[-1].workflow_id
        return failed

    async def _make(self, start: Start, turns: asyncio.Semaphore) -> bool:
        try:
            async with turns:
                await self._start(start)
        except Exception as error:  # noqa: BLE001 - kept with the start, logged, and tried again
            reason = f"{type(error).__name__}: {error}"
            log.warning("a workflow could not be started", starter=self.name, workflow=start.workflow_id, reason=reason)
            again = {"tries": workflow_start.c.tries + 1, "reason": reason}
        else:
            again = {"state": "done", "reason": None}
        mine = update(workflow_start).where(workflow_start.c.workflow_id == start.workflow_id).values(again)
        await self._database.transact(lambda connection: connection.execute(mine))
        return again.get("state") == "done"

    async def _pending_after(self, workflow_id: str) -> list[Start]:
        columns = select(workflow_start.c.workflow_id, workflow_start.c.kind, workflow_start.c.event_id)
        due = columns.where(workflow_start.c.state == "pending", workflow_start.c.workflow_id > workflow_id)
        async with self._database.reading() as connection:
            rows = await connection.execute(due.order_by(workflow_start.c.workflow_id).limit(BATCH))
            return [Start(*row) for row in rows]


def note_start(connection: Connection, start: Start) -> None:
    """Note a start in a transaction on the durable tables, once per workflow id."""
    insert_free(
        connection,
        workflow_start,
        workflow_id=start.workflow_id,
        kind=start.kind,
        event_id=start.event_id,
        state="pending",
        tries=0,
    )
