"""The embedded run: the whole platform in one process on one port, over one data folder (DESIGN 14 and 15).

SQLite files, the SQL log, a Temporal dev server of its own, all services in all roles. Killed at any moment and
started again, it goes on with nothing lost: everything that matters is in the folder before it is answered.
"""

import sys
from contextlib import ExitStack
from functools import partial
from typing import TextIO

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


def run(settings: Settings, announce: TextIO = sys.stdout) -> None:
    """Serve the folder until told to end; `announce` hears where. Raises `FolderHeld` or `PortTaken`."""
    folder = DataFolder.at(settings.data)
    with folder.held(), ExitStack() as engines:
        listenable(settings.host, settings.port)
        if settings.temporal_address is None:
            # Started by the main thread: the kernel ends it when that thread ends (PR_SET_PDEATHSIG).
            temporal = engines.enter_context(TemporalServer(folder.path / "temporal"))
            settings = settings.model_copy(update={"temporal_address": temporal.address})
        leaving.run(partial(_serve, settings, folder, announce))


async def _serve(settings: Settings, folder: DataFolder, announce: TextIO) -> None:
    tracing = start_tracing(settings, "embedded")
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
        tracing.shutdown()


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
