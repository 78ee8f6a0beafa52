"""Whether what is derived can be derived again: the tables folded anew from the log against those that are served."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any, Final

import httpx2
from sqlalchemy.exc import DatabaseError

from services.intake.consumer.projection import projection as of_intake
from services.monitoring.consumer import projection as of_monitoring
from services.reporting.consumer import projection as of_reporting
from services.review.consumer.projection import projection as of_review
from services.verifying.places import HttpSource
from services.verifying.verdict import DIFFER, NOT_SERVED, UNREADABLE
from shared.events.envelope import MalformedEvent, parse
from shared.log.books import Claim, claim
from shared.log.dropped import drops_in, take_over
from shared.log.folding import Folding
from shared.log.open import open_log
from shared.log.port import LogReader, Partition, Record, facts_topic
from shared.log.projection import Projection
from shared.log.views import Views, open_views
from shared.runtime.settings import SERVICES, Service, Settings
from shared.transparency.checkpoint import peek
from shared.transparency.failures import Absent, Malformed
from shared.transparency.tile_source import CHECKPOINT, read_entries
from shared.transparency.tiles import WIDTH, tiles_of

SAME: Final = "same"
BATCH: Final = 500
PATIENCE_SECONDS: Final = 10.0


def projections() -> dict[Service, Projection]:
    """What each service derives, by the service's name."""
    return {"intake": of_intake(), "review": of_review(), "monitoring": of_monitoring(), "reporting": of_reporting()}


async def derived_in_folder(folder: Path) -> str:
    """Fold a data folder's log anew, up to where each live table is, and compare."""
    settings = Settings(data=folder)
    if not (folder / "log.db").exists():
        return NOT_SERVED
    try:
        log = await open_log(f"sqlite:///{folder / 'log.db'}")
        try:
            answers = [
                await _as_live(log.reader(), settings.views_url(name), projection)
                for name, projection in projections().items()
                if (folder / name / "views.db").exists()
            ]
        finally:
            await log.close()
    except (sqlite3.DatabaseError, DatabaseError):
        return UNREADABLE
    return _together(answers)


async def _as_live(reader: LogReader, url: str, projection: Projection) -> str:
    live = await open_views(url, projection)
    try:
        if await live.stale():
            return NOT_SERVED
        expected = await live.digest()
        passed_over = await live.database.transact(drops_in)
        async with _aside(projection) as views:
            await views.database.transact(partial(take_over, rows=passed_over))
            await _fold(views, reader, expected.offsets)
            found = await views.digest()
    finally:
        await reader.close()
        await live.close()
    return SAME if found == expected else DIFFER


@asynccontextmanager
async def _aside(projection: Projection) -> AsyncIterator[Views]:
    with tempfile.TemporaryDirectory(prefix="gatehouse-verify-") as folder:
        views = await open_views(f"sqlite:///{folder}/views.db", projection)
        try:
            yield views
        finally:
            await views.close()


async def _claimed(views: Views, partition: Partition) -> Claim:
    return await views.transact(lambda connection: claim(connection, views.projection.name, partition))


async def _fold(views: Views, reader: LogReader, until: Mapping[Partition, int]) -> None:
    folding = Folding(views.projection, views, views.database.fault)
    claims = {partition: await _claimed(views, partition) for partition in until}
    async for records in reader.replay(views.projection.topics, until):
        partition = records[0].partition
        claims[partition] = await folding.take(claims[partition], records)


async def derived_on_server(client: httpx2.Client) -> str:
    """Fold the facts that a server's logs hold anew, and compare with the digests of the tables that it serves.

    Tables that tell of the log itself (how far it is, which heads were published) are left out: the facts alone don't
    give them. While facts go on arriving there is nothing to compare; after ten seconds of that, the answer says so.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    try:
        while (compared := await _as_served(client)) is None:
            if time.monotonic() > until:
                return NOT_SERVED
            await asyncio.sleep(1)
    except (Absent, Malformed, MalformedEvent):
        return NOT_SERVED  # nothing can be derived from such logs; the examination says what is wrong with them
    return compared


async def _as_served(client: httpx2.Client) -> str | None:
    """None while what is signed and what is derived are not of the same moment."""
    before: dict[str, dict[str, Any]] = {name: _standing(client, name) for name in SERVICES}
    answers = []
    for name, projection in projections().items():
        services = [service for topic in projection.topics if (service := _service_of(topic))]
        heard = chain.from_iterable(_records(HttpSource(client, service), service) for service in services)
        derived = await _as_derived(projection, heard)
        if before[name]["facts"] + before[name]["missing"] != derived.heard:
            return None
        answers.append(SAME if all(before[name]["tables"].get(t) == d for t, d in derived.tables.items()) else DIFFER)
    return _together(answers)


@dataclass(frozen=True, slots=True)
class _Derived:
    """Of how many records, and the digests of the tables that facts alone give."""

    heard: int
    tables: Mapping[str, str]


async def _as_derived(projection: Projection, records: Iterator[Record]) -> _Derived:
    """Fold records that come one partition after the other; no more than a batch of them is held."""
    compared = {table.name for table in projection.metadata.sorted_tables if not table.info.get("of_the_log")}
    heard = 0
    async with _aside(projection) as views:
        folding = Folding(projection, views, views.database.fault)
        for partition, mine in groupby(records, key=lambda record: record.partition):
            claimed = await _claimed(views, partition)
            while batch := list(islice(mine, BATCH)):
                claimed = await folding.take(claimed, batch)
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


def _together(answers: Sequence[str]) -> str:
    if DIFFER in answers:
        return DIFFER
    return SAME if SAME in answers else NOT_SERVED
