"""The tables that a running server serves, against those that the facts in its logs give."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, groupby, islice
from typing import Any, Final

import httpx2

from services.verifying.derived import SAME, aside, claimed, projections, together
from services.verifying.places import HttpSource
from services.verifying.verdict import DIFFER, NOT_SERVED, Compared
from shared.events.envelope import MalformedEvent, parse
from shared.log.folding import Folding
from shared.log.port import Partition, Record, facts_topic
from shared.log.projection import Projection
from shared.runtime.settings import SERVICES
from shared.transparency.checkpoint import peek
from shared.transparency.failures import Absent, Malformed
from shared.transparency.tile_source import CHECKPOINT, read_entries
from shared.transparency.tiles import WIDTH, tiles_of

BATCH: Final = 500
PATIENCE_SECONDS: Final = 10.0
OTHER: Final = "another version of Gatehouse derived them than the one that verifies"
MOVING: Final = "the signed log and they were never of the same moment"
UNFOLDABLE: Final = "nothing can be derived from the logs"


async def derived_on_server(client: httpx2.Client) -> Compared:
    """Fold the facts that a server's logs hold anew, and compare with the digests of the tables that it serves.

    Tables that tell of the log itself (how far it is, which heads were published) are passed over: the facts alone
    don't give them. While facts go on arriving there is nothing to compare; after ten seconds of that, the answer says
    so.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    try:
        while (compared := await _as_served(client)) is None:
            if time.monotonic() > until:
                return Compared(NOT_SERVED, dict.fromkeys(SERVICES, MOVING))
            await asyncio.sleep(1)
    except (Absent, Malformed, MalformedEvent):
        # The examination says what is wrong with such logs.
        return Compared(NOT_SERVED, dict.fromkeys(SERVICES, UNFOLDABLE))
    return compared


async def _as_served(client: httpx2.Client) -> Compared | None:
    """None while what is signed and what is derived are not of the same moment."""
    before: dict[str, dict[str, Any]] = {name: _standing(client, name) for name in SERVICES}
    answers: dict[str, str] = {}
    for name, projection in projections().items():
        if before[name]["definition"] != projection.definition:
            answers[name] = OTHER
            continue
        services = [service for topic in projection.topics if (service := _service_of(topic))]
        heard = chain.from_iterable(_records(HttpSource(client, service), service) for service in services)
        derived = await _as_derived(projection, heard)
        if before[name]["facts"] + before[name]["missing"] != derived.heard:
            return None
        same = all(before[name]["tables"].get(table) == found for table, found in derived.tables.items())
        answers[name] = SAME if same else DIFFER
    return together(answers)


@dataclass(frozen=True, slots=True)
class _Derived:
    """Of how many records, and the digests of the tables that facts alone give."""

    heard: int
    tables: Mapping[str, str]


async def _as_derived(projection: Projection, records: Iterator[Record]) -> _Derived:
    """Fold records that come one partition after the other; no more than a batch of them is held."""
    compared = {table.name for table in projection.metadata.sorted_tables if not table.info.get("of_the_log")}
    heard = 0
    async with aside(projection) as views:
        folding = Folding(projection, views, views.database.fault)
        for partition, mine in groupby(records, key=lambda record: record.partition):
            place = await claimed(views, partition)
            while batch := list(islice(mine, BATCH)):
                place = await folding.take(place, batch)
                heard += len(batch)
        found = (await views.digest()).tables
    return _Derived(heard, {name: found[name] for name in compared})


def _standing(client: httpx2.Client, service: str) -> dict[str, Any]:
    response = client.get(f"/{service}/v1/derived")
    response.raise_for_status()
    standing: dict[str, Any] = response.json()
    return standing


def _records(source: HttpSource, service: str) -> Iterator[Record]:
    """The facts of a service as the log's records: of one partition, in the order of their positions."""
    try:
        size = peek(source.read(CHECKPOINT)).size
    except Absent:
        return
    partition = Partition(facts_topic(service), 0)
    for tile in (each for each in tiles_of(size) if each.level is None):
        for number, body in enumerate(read_entries(source, tile), start=tile.index * WIDTH):
            event = parse(body)
            headers = {"pos": str(number).encode(), "event_id": event.id.encode()}
            yield Record(partition, number, event.partitionkey.encode(), body, headers)


def _service_of(topic: str) -> str:
    """The service whose facts a topic carries; nothing for a topic of heads."""
    name = topic.split(".")[1]
    return name if topic == facts_topic(name) else ""
