"""`gatehouse token`: an access token for a person of the data folder."""

from pathlib import Path
from typing import Annotated

import typer

from services.commands.server import Data, folder_of, token_of
from services.commands.speaking import Json, complaints, say

Person = Annotated[
    str, typer.Option("--as", help="Whose token: somebody in the folder's people.yaml, at first only `operator`.")
]


def token(person: Person, data: Data = None, json: Json = False) -> None:
    """Print an access token signed with the data folder's key, for `curl` and scripts."""
    with complaints():
        made = token_of(folder_of(data) or Path("data"), person)
        say({"token": made}, json, made)
