"""A program that projects, and kills or freezes itself where it hurts if told to."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, aclosing
from itertools import count as counted
from unittest.mock import patch

from sqlalchemy import Connection

from shared.log.books import Claim, Fenced
from shared.log.folding import Folding
from shared.log.kafka import KafkaLog
from shared.log.kafka_reader import KafkaReader
from shared.log.port import Record, Starts, facts_topic
from shared.log.projector import Projector
from shared.log.views import open_views
from tests.faults.derived import count, counting, unfenced, without_inbox


class Failing(Folding):
    """Ends its process in its `dies_in`-th transaction, all effects made and nothing committed; freezes it at its
    `freezes_in`-th batch, between reading and saving. Says each time that it was fenced."""

    dies_in, freezes_in = 0, 0
    _transactions, _batches = counted(1), counted(1)

    def fold(self, connection: Connection, claimed: Claim, records: Sequence[Record]) -> Claim:
        moved = super().fold(connection, claimed, records)
        if next(self._transactions) == self.dies_in:
            os.kill(os.getpid(), signal.SIGKILL)
        return moved

    async def take(self, claimed: Claim, records: Sequence[Record]) -> Claim:
        freezes = next(self._batches) == self.freezes_in
        if freezes:
            say(f"frozen {claimed.partition.number} {claimed.epoch} {claimed.next}")
            os.kill(os.getpid(), signal.SIGSTOP)
        try:
            moved = await super().take(claimed, records)
        except Fenced:
            say("fenced")
            raise
        if freezes:
            say("saved")
        return moved


async def hoarded(
    self: KafkaReader, group: str, topics: Sequence[str], starts: Starts
) -> AsyncGenerator[Sequence[Record], None]:
    """As `batches`, reading everything that there is before it hands the first batch out."""
    batches: list[Sequence[Record]] = []
    async with aclosing(self._session(group, topics, starts)) as session:
        async for records in session:
            batches += [records] if records else []
            if batches and not records:
                break
        say("hoarded")
        for records in batches:
            yield records
        async for records in session:
            yield records


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main(
    url: str,
    bootstrap: str,
    service: str,
    *,
    dies_in: int = 0,
    freezes_in: int = 0,
    seconds: float = 0.0,
    protected: bool = True,
    hoards: bool = False,
) -> None:
    def apply(connection: Connection, record: Record) -> None:
        time.sleep(seconds)
        count(connection, record)

    views = await open_views(url, counting(service, [facts_topic(service)], apply))
    projector = Projector(KafkaLog(bootstrap).reader(), views)
    failing = Failing(views.projection, views, views.database.fault)
    failing.dies_in, failing.freezes_in = dies_in, freezes_in
    with ExitStack() as unprotected, patch.object(projector, "_folding", failing):
        if not protected:
            unprotected.enter_context(without_inbox())
            unprotected.enter_context(unfenced())
        if hoards:
            unprotected.enter_context(patch.object(KafkaReader, "batches", hoarded))
        say("ready")
        await projector.run()


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
