"""The embedded run: the whole platform in one process on one port, over one data folder (DESIGN 14 and 15).

SQLite files, the SQL log, a Temporal dev server of its own, all services in all roles. Killed at any moment and
started again, it goes on with nothing lost: everything that matters is in the folder before it is answered.
"""

import asyncio
import sys
from contextlib import ExitStack
from functools import partial
from typing import Final, TextIO

import structlog

from deploy.local.process import EngineFailed
from deploy.local.temporal import TemporalServer
from services.folder import DataFolder
from services.hosting import host
from services.process import Process, World, opened, prepare_embedded
from services.reaching import reach_temporal
from services.roles import ROLES
from services.signing import write_trust
from shared.runtime import leaving
from shared.runtime.listening import listenable
from shared.runtime.settings import Settings
from shared.runtime.telemetry import start_tracing

_log = structlog.get_logger()
_LOOK_SECONDS: Final = 1.0


def run(settings: Settings, announce: TextIO = sys.stdout) -> None:
    """Serve the folder until told to end; `announce` hears where. Raises `FolderHeld` or `PortTaken`."""
    if not settings.data.exists():
        listenable(settings.host, settings.port)  # before a folder is made that nobody would serve
    folder = DataFolder.at(settings.data)
    with folder.held(), ExitStack() as engines:
        listenable(settings.host, settings.port)
        own: TemporalServer | None = None
        if settings.temporal_address is None:
            own = engines.enter_context(TemporalServer(folder.path / "temporal"))
            settings = settings.model_copy(update={"temporal_address": own.address})
        leaving.run(partial(_serve, settings, folder, announce, own))


async def _serve(settings: Settings, folder: DataFolder, announce: TextIO, own: TemporalServer | None) -> None:
    tracing = start_tracing(settings, "embedded")
    keeping = asyncio.create_task(_keep(own)) if own is not None else None
    try:
        await prepare_embedded(settings)
        temporal = await reach_temporal(settings)
        world = World(example=folder.example is not None)
        async with opened(settings, temporal=temporal, world=world) as process:
            write_trust(process)
            try:
                await host(process, ROLES, partial(_ready, process, folder, announce))
            finally:
                folder.serves_nowhere()  # the port is free again, while the rest is still being closed
    finally:
        if keeping is not None:
            keeping.cancel()
        tracing.shutdown()


async def _keep(temporal: TemporalServer) -> None:
    """Begin Temporal again whenever it ends, on its port and folder: its clients wait until it answers.

    What it knew is in its file, and all that matters in the event log, of which clocks are reconciled.
    """
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if not temporal.alive:
            _log.error("Temporal ended and is begun again", folder=str(temporal.folder))
            try:
                await asyncio.to_thread(temporal.start)
            except EngineFailed as failure:
                _log.error("Temporal could not be begun again", reason=str(failure))


async def _ready(process: Process, folder: DataFolder, announce: TextIO, url: str) -> None:
    folder.serves_at(url, process.settings.temporal_address or "")
    lines = [f"ready {url}"]
    if process.sign_in.links is not None:
        secret = process.sign_in.links.issue("operator")
        lines.append(f"sign in once, within 15 minutes: {url}/entry/{secret}")
    for store in process.parts.stores.values():
        if (frozen := (await store.guard.standing()).frozen) is not None:
            lines.append(f"{store.service} takes nothing more: {frozen}")
    announce.write("\n".join(lines) + "\n")
    announce.flush()
