"""`gatehouse up`: the whole platform in one process, over one data folder."""

import os
from pathlib import Path
from typing import Annotated

import typer

from services import embedded
from services.commands.server import Data
from services.commands.speaking import complaints
from services.folder import DataFolder
from shared.runtime.settings import Settings
from shared.runtime.telemetry import start_logging

Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on (default 8080; 0 takes a free one).")
]


def up(data: Data = None, port: Port = None) -> None:
    """Serve a data folder until told to end: all services on one port, with a Temporal of its own.

    Prints `ready http://…` once everything answers, and a link that signs a browser in once.
    """
    with complaints():
        settings = settings_of(data or Path("data"), port)
        start_logging(settings.log_level)
        embedded.run(settings)


def settings_of(data: Path, port: int | None) -> Settings:
    """The environment's settings with what the command line says; real data gets a witness outside of its folder."""
    settings = Settings.from_environment({**os.environ, "GATEHOUSE_DATA": str(data)})
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    if settings.witness_folder is None and DataFolder(data).example is None:
        settings = settings.model_copy(update={"witness_folder": witness_home()})
    return settings


def witness_home() -> Path:
    """Where this user's witness remembers logs: the XDG state folder."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "gatehouse" / "witness"
