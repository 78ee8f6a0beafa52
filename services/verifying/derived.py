"""Whether what is derived can be derived again: the tables folded anew from the log against those that are served."""

import sqlite3
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DatabaseError

from services.intake.consumer.projection import projection as of_intake
from services.monitoring.consumer import projection as of_monitoring
from services.reporting.consumer import projection as of_reporting
from services.review.consumer.projection import projection as of_review
from services.verifying.files import copied
from services.verifying.verdict import DIFFER, NOT_SERVED, UNREADABLE, Compared
from shared.log.books import Claim, claim
from shared.log.dropped import drops_in, take_over
from shared.log.folding import Folding
from shared.log.open import open_log
from shared.log.port import LogReader, Partition
from shared.log.projection import Projection
from shared.log.views import Views, open_views
from shared.runtime.settings import SERVICES, Service

SAME: Final = "same"
STALE: Final = "another version of Gatehouse derived them: this version derives them anew at its next start"
GONE: Final = "their database is not here"


def projections() -> dict[Service, Projection]:
    """What each service derives, by the service's name."""
    return {"intake": of_intake(), "review": of_review(), "monitoring": of_monitoring(), "reporting": of_reporting()}


async def derived_in_folder(folder: Path) -> Compared:
    """Fold a data folder's log anew, up to where each live table is, and compare; a copy is worked on.

    Raises as `copied` does.
    """
    if not (folder / "log.db").exists():
        return Compared(NOT_SERVED, dict.fromkeys(SERVICES, "the event log is not here"))
    with tempfile.TemporaryDirectory(prefix="gatehouse-verify-") as copy:
        _copy(folder, Path(copy))
        try:
            return await _derived_in_copy(Path(copy))
        except (sqlite3.DatabaseError, DatabaseError):
            return Compared(UNREADABLE, {})


def _copy(folder: Path, to: Path) -> None:
    for name in SERVICES:
        (to / name).mkdir()
        for path in sorted((folder / name).glob("views*.db")):  # which slot is live first
            copied(path, to / name)
    copied(folder / "log.db", to)  # last: it holds all that the tables were derived from


async def _derived_in_copy(folder: Path) -> Compared:
    answers: dict[str, str] = {}
    log = await open_log(f"sqlite:///{folder / 'log.db'}")
    try:
        for name, projection in projections().items():
            views = folder / name / "views.db"
            answers[name] = await _as_live(log.reader(), f"sqlite:///{views}", projection) if views.exists() else GONE
    finally:
        await log.close()
    return together(answers)


async def _as_live(reader: LogReader, url: str, projection: Projection) -> str:
    live = await open_views(url, projection)
    try:
        if await live.stale():
            return STALE
        expected = await live.digest()
        passed_over = await live.database.transact(drops_in)
        async with aside(projection) as views:
            await views.database.transact(partial(take_over, rows=passed_over))
            await _fold(views, reader, expected.offsets)
            found = await views.digest()
    finally:
        await reader.close()
        await live.close()
    return SAME if found == expected else DIFFER


@asynccontextmanager
async def aside(projection: Projection) -> AsyncIterator[Views]:
    """Empty tables of that projection, in a folder of their own that goes with them."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-verify-") as folder:
        views = await open_views(f"sqlite:///{folder}/views.db", projection)
        try:
            yield views
        finally:
            await views.close()


async def claimed(views: Views, partition: Partition) -> Claim:
    """From where on these tables fold a partition."""
    return await views.transact(lambda connection: claim(connection, views.projection.name, partition))


async def _fold(views: Views, reader: LogReader, until: Mapping[Partition, int]) -> None:
    folding = Folding(views.projection, views, views.database.fault)
    claims = {partition: await claimed(views, partition) for partition in until}
    async for records in reader.replay(views.projection.topics, until):
        partition = records[0].partition
        claims[partition] = await folding.take(claims[partition], records)


def together(answers: Mapping[str, str]) -> Compared:
    """From an answer per service, `same`, `differ` or why its tables were not compared: those may be anything."""
    left_out = {name: why for name, why in answers.items() if why not in (SAME, DIFFER)}
    if DIFFER in answers.values():
        return Compared(DIFFER, left_out)
    return Compared(NOT_SERVED if left_out else SAME, left_out)
