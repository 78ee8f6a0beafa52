"""A program that relays, and kills itself between an acknowledgement and the saving of its cursor if told to."""

import asyncio
import json
import os
import signal
import sys
import time
from contextlib import nullcontext
from itertools import count
from unittest.mock import patch

from sqlalchemy import ColumnElement, Connection, literal

from shared.log.kafka import KafkaLog
from shared.log.relay import Relay
from shared.store.open import open_store


class Dying(Relay):
    """The topic has the records, the cursor does not know of it: the process ends at its `dies_in`-th such moment."""

    dies_in = 0
    _times = count(1)

    async def _save(self, position: int) -> None:
        if self.status().leading and next(self._times) == self.dies_in:
            os.kill(os.getpid(), signal.SIGKILL)
        await super()._save(position)


def by_its_own_clock(_: Connection) -> ColumnElement[float]:
    """For controls: a lease expires by the clock of whoever holds it."""
    return literal(time.time())


async def main(url: str, bootstrap: str, service: str, *, dies_in: int = 0, own_clock: bool = False) -> None:
    store = await open_store(url, service)
    relay = Dying(store, KafkaLog(bootstrap).writer())
    relay.dies_in = dies_in
    with patch("shared.log.lease._now", by_its_own_clock) if own_clock else nullcontext():
        await relay.run()


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
