"""What one process shares among the services it runs, built once by whoever runs them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry
from temporalio.client import Client

from shared.log.port import LogReader
from shared.policy.bundle import Bundle
from shared.runtime.entropy import Entropy
from shared.runtime.people import People
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.settings import Settings
from shared.store.port import EventStore


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of a process. `services/<name>/wiring.py` has `async def build(parts: Parts) -> Service`.

    `stores` are those of the services in this process, which opened them and closes them, as it does with all in here.
    `new_reader` gives each consumer its own reader of the log, for the consumer to close. `temporal` is None where no
    workflow runs here (roles other than worker, and while an example plays: then the player is the clock). `clock` is
    the machine's, or the play's.
    """

    settings: Settings
    bundle: Bundle
    entropy: Entropy
    clock: Callable[[], datetime]
    registry: CollectorRegistry
    people: People
    keys: ServiceKeys
    stores: Mapping[str, EventStore]
    new_reader: Callable[[], LogReader]
    temporal: Client | None = None
    example: bool = False
