"""`gatehouse workflows`: the clocks that Temporal keeps."""

import os
from pathlib import Path
from typing import Annotated

import typer

from services.commands.server import Data, folder_of
from services.commands.speaking import Exit, Json, complaints, leave_with, say
from services.folder import DataFolder
from services.process import opened
from services.reconciling import Reconciled, reconcile_all
from services.run import reach_temporal
from shared.runtime import leaving
from shared.runtime.settings import Settings

commands = typer.Typer(help="The clocks that Temporal keeps.", no_args_is_help=True)
Address = Annotated[str | None, typer.Option("--temporal", envvar="GATEHOUSE_TEMPORAL_ADDRESS", help="host:port")]


@commands.callback()
def _group() -> None:
    """The clocks that Temporal keeps."""


@commands.command()
def reconcile(data: Data = None, temporal: Address = None, json: Json = False) -> None:
    """Start every clock that the event log expects and Temporal does not have, with the time that is left."""
    with complaints():
        folder = folder_of(data)
        address = temporal or (DataFolder(folder).temporal if folder is not None else None)
        if address is None:
            leave_with(Exit.UNREACHABLE, "no Temporal is known here: start `gatehouse up`, or name it with --temporal")
        environment = {
            **os.environ,
            "GATEHOUSE_TEMPORAL_ADDRESS": address,
            "GATEHOUSE_DATA": str(folder or Path("data")),
        }
        settings = Settings.from_environment(environment)
        found = leaving.run(lambda: _reconciled(settings))
        text = f"{found.expected} expected: {found.running} ran, {found.started} started; {found.settled} are settled"
        say(
            {"expected": found.expected, "running": found.running, "started": found.started, "settled": found.settled},
            json,
            text,
        )


async def _reconciled(settings: Settings) -> Reconciled:
    temporal = await reach_temporal(settings, patient=False)
    async with opened(settings, ("intake", "review"), temporal=temporal) as process:
        return await reconcile_all(process)
