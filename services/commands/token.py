"""`gatehouse token`: an access token for a person of the data folder."""

from pathlib import Path
from typing import Annotated

import typer

from services.commands.server import Data, folder_of, token_of
from services.commands.speaking import Exit, Json, complaints, leave_with, say

Person = Annotated[
    str, typer.Option("--as", help="Whose token: somebody in the folder's people.yaml, at first only `operator`.")
]


def token(person: Person, data: Data = None, json: Json = False) -> None:
    """Print an access token signed with the data folder's key, for `curl` and scripts."""
    with complaints():
        folder = folder_of(data) or Path("data")
        if not (folder / "keys").is_dir():  # a key made here would be known to no server
            leave_with(
                Exit.USAGE, f"{folder} is no data folder: start it with `gatehouse up`, or name another with --data"
            )
        made = token_of(folder, person)
        say({"token": made}, json, made)
