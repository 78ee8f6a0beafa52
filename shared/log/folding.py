"""Gives records their effect in a projection's tables, each exactly once (reliability C3), whatever some may hold."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from sqlalchemy import Connection

from shared.events.envelope import MalformedEvent
from shared.log.books import (
    Claim,
    advance,
    blocked_keys,
    lock,
    park,
    parked,
    still_failing,
    unpark,
)
from shared.log.dropped import note_drop, was_dropped
from shared.log.follower import Ledger
from shared.log.inbox import GapInStream, Inbox
from shared.log.port import Record
from shared.log.projection import Projection
from shared.log.readable import is_event

TRIES: Final = 5
FIRST_PAUSE_SECONDS: Final = 0.05
Fault = Callable[[Exception], Exception | None]
log = structlog.get_logger()


class RecordFailed(Exception):
    """`apply` or the reading of a record failed; the text says how. Nothing of the batch was kept."""

    def __init__(self, record: Record, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.record = record


class BatchFailed(RecordFailed):
    """`together` failed on several records, one of which is the cause: they have to be tried one by one."""


class Folding:
    """Folds into the tables that `ledger` reaches. `fault` tells failures of the engine from those of a record."""

    def __init__(self, projection: Projection, ledger: Ledger, fault: Fault) -> None:
        self._projection = projection
        self._consumer = projection.name
        self._ledger = ledger
        self._fault = fault

    async def take(self, claimed: Claim, records: Sequence[Record]) -> Claim:
        """Fold a batch of one partition and save the progress with it; raises `Fenced` and what the engine raises.

        A record that fails five times is set aside with its reason, and the later ones of its key behind it.
        """
        due = list(records)
        while due:
            try:
                return await self._fold(claimed, due)
            except BatchFailed:
                for record in due:
                    claimed = await self.take(claimed, [record])
                return claimed
            except RecordFailed as failure:
                at = due.index(failure.record)
                if at:
                    claimed = await self.take(claimed, due[:at])
                claimed = await self._try_or_park(claimed, failure)
                del due[: at + 1]
        return claimed

    async def release(self, key: bytes) -> int:
        """Try the records of one key again that were set aside, in order; how many had their effect.

        The first that fails again stays, with its new reason, and the rest behind it.
        """
        return await self._ledger.transact(lambda connection: self._release(connection, key))

    async def drop(self, record: Record) -> None:
        """Pass a record over that holds no fact, also in every rebuild; those behind it wait to be released."""

        def dropping(connection: Connection) -> None:
            lock(connection, self._consumer)
            note_drop(connection, record)
            _pass_over(connection, record)
            unpark(connection, self._consumer, record)

        await self._ledger.transact(dropping)

    def fold(self, connection: Connection, claimed: Claim, records: Sequence[Record]) -> Claim:
        """Fold a batch in the connection's transaction; raises `Fenced` and `RecordFailed`."""
        moved = advance(connection, claimed, records[-1])
        blocked = blocked_keys(connection, self._consumer, (record.key for record in records))
        inbox = Inbox(connection, (record for record in records if record.key not in blocked))
        for record in records:
            if record.key in blocked:
                park(connection, self._consumer, record, reason=None, tries=0)
        self._apply(connection, inbox, [record for record in records if record.key not in blocked])
        inbox.save()
        # What was missing before a set aside record may have come with this batch.
        for key in blocked and blocked_keys(connection, self._consumer, blocked, GapInStream.__name__):
            self._release(connection, key)
        return moved

    async def _fold(self, claimed: Claim, records: Sequence[Record]) -> Claim:
        return await self._ledger.transact(lambda connection: self.fold(connection, claimed, records))

    async def _try_or_park(self, claimed: Claim, failure: RecordFailed) -> Claim:
        for attempt in range(TRIES - 1):
            await asyncio.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
            try:
                return await self._fold(claimed, [failure.record])
            except RecordFailed as again:
                failure = again
        record, reason = failure.record, str(failure)

        def set_aside(connection: Connection) -> Claim:
            if was_dropped(connection, record):
                _pass_over(connection, record)
            else:
                about = {"projection": self._consumer, "key": record.key, "offset": record.offset, "reason": reason}
                log.error("record set aside", **about)
                park(connection, self._consumer, record, reason, TRIES)
            return advance(connection, claimed, record)

        return await self._ledger.transact(set_aside)

    def _release(self, connection: Connection, key: bytes) -> int:
        lock(connection, self._consumer)
        done = 0
        while (last := self._release_once(connection, key)) > 0:
            done += last  # what had its effect now may be what an earlier record waited for
        return done

    def _release_once(self, connection: Connection, key: bytes) -> int:
        done = 0
        for each in parked(connection, self._consumer, key):
            attempt = connection.begin_nested()
            try:
                inbox = Inbox(connection, [each.record])
                self._apply(connection, inbox, [each.record])
                inbox.save()
            except RecordFailed as failure:
                attempt.rollback()
                still_failing(connection, self._consumer, each.record, str(failure))
                if not _waits_for_gap(str(failure)):
                    break
            else:
                attempt.commit()
                unpark(connection, self._consumer, each.record)
                done += 1
        return done

    def _apply(self, connection: Connection, inbox: Inbox, records: Sequence[Record]) -> None:
        together, new = self._projection.together, []
        for record in records:
            try:
                if not is_event(record) or inbox.is_new(record):
                    new.append(record)
                    if together is None:
                        self._projection.apply(connection, record)
            except Exception as error:
                if self._fault(error) is not None:
                    raise
                raise RecordFailed(record, error) from error
        if together is None or not new:
            return
        try:
            together(connection, new)
        except Exception as error:
            if self._fault(error) is not None:
                raise
            raise (RecordFailed if len(new) == 1 else BatchFailed)(new[0], error) from error


def _pass_over(connection: Connection, record: Record) -> None:
    """Let what follows in the stream come next, where the record tells at least its stream and version."""
    if not is_event(record):
        return
    try:
        inbox = Inbox(connection, [record])
        inbox.is_new(record)
    except (MalformedEvent, GapInStream):
        return
    inbox.save()


def _waits_for_gap(reason: str | None) -> bool:
    return reason is not None and reason.startswith(GapInStream.__name__)
