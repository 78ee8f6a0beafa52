"""`gatehouse workflows`: the clocks that Temporal keeps."""

import os
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Annotated

import typer

from services.commands.server import Data, folder_of
from services.commands.speaking import Exit, Json, complaints, leave_with, say
from services.folder import DataFolder
from services.process import opened
from services.reaching import connect_to
from shared.runtime import leaving
from shared.runtime.reconciling import Reconciled, Reconciler
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
        say(asdict(found), json, text)


async def _reconciled(settings: Settings) -> Reconciled:
    try:
        temporal = await connect_to(settings)
    except RuntimeError as error:  # what temporalio raises for a server that does not answer
        leave_with(Exit.UNREACHABLE, f"Temporal can't be reached: {error}")
    async with opened(settings, ("intake", "review"), temporal=temporal) as process:
        starters = [starter for service in process.services for starter in service.starters]
        found = [await each.once() for each in starters if isinstance(each, Reconciler)]
    return Reconciled(*(sum(column) for column in zip(*map(astuple, found), strict=True)))
