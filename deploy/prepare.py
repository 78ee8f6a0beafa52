"""`python -m deploy.prepare`: bring every service's tables up to this version and make the topics that are missing.

The environment holds `GATEHOUSE_<SERVICE>_EVENTS_URL` with the owner's role, and `GATEHOUSE_KAFKA_BOOTSTRAP`. On
PostgreSQL the role `<service>_app`, under which the product runs, is given what it needs and no more. Repeating it
changes nothing. A broker that does not answer yet is asked again until `--broker-within` seconds are over.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from shared.log.open import open_log
from shared.log.port import Log, LogUnavailable, checkpoints_topic, facts_topic
from shared.runtime.gate import pass_through
from shared.runtime.settings import SERVICES, Settings, SettingsError
from shared.store.migrate import upgrade

PARTITIONS: Final = 6
"""Of a topic of facts. It never changes: the partition of a key, and so the order of its facts, hangs on it."""
_AGAIN_SECONDS: Final = 0.25
_TOLD_TO_END: Final = 128 + signal.SIGTERM


async def prepare(settings: Settings, *, copies: int, patience: float = 0) -> None:
    """Tables of each service in turn, then topics with so many copies; the first failure ends it."""
    for service in SERVICES:
        await upgrade(settings.events_url(service), service, app_role=f"{service}_app")
    if settings.kafka_bootstrap is not None:
        log = await open_log(f"kafka://{settings.kafka_bootstrap}", copies=copies)
        facts = {facts_topic(service): PARTITIONS for service in SERVICES}
        await _ensured(log, facts | {checkpoints_topic(service): 1 for service in SERVICES}, patience)
        await log.close()


async def _ensured(log: Log, topics: Mapping[str, int], patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            return await log.ensure(topics)
        except LogUnavailable:
            if time.monotonic() > until:
                raise
        await asyncio.sleep(_AGAIN_SECONDS)


def main(arguments: Sequence[str]) -> int:
    """Exit code 2 when a setting cannot be used, 143 when told to end (SIGTERM)."""
    parser = argparse.ArgumentParser(prog="python -m deploy.prepare", description=__doc__)
    parser.add_argument("--copies", type=int, default=1, help="brokers that keep each record (3 in production)")
    parser.add_argument("--broker-within", type=float, default=0, metavar="SECONDS", help="default: at once")
    parser.add_argument("--gate", type=Path, metavar="FILE", help="load, then wait until no process holds FILE's lock")
    asked = parser.parse_args(arguments)
    # As the first process of a container it gets no signal that it does not take itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TOLD_TO_END))
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if asked.gate is not None:
        pass_through(asked.gate)
    asyncio.run(prepare(settings, copies=asked.copies, patience=asked.broker_within))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
