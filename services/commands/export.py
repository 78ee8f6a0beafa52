"""`gatehouse export`: every service's log as a plain tlog-tiles folder, for anyone's tools."""

from pathlib import Path
from typing import Annotated

import typer

from services.commands.server import Data, Token, Url, folder_of, server_of
from services.commands.speaking import Exit, Json, complaints, leave_with, say
from services.verifying.places import HttpSource
from shared.runtime.settings import SERVICES, Settings
from shared.transparency.checkpoint import Checkpoint
from shared.transparency.failures import Absent
from shared.transparency.mirror import mirror
from shared.transparency.tile_source import TileSource
from shared.transparency.tile_store import TileStore

Out = Annotated[Path, typer.Option("--out", help="Folder to write to.")]


def export(out: Out, url: Url = None, token: Token = None, data: Data = None, json: Json = False) -> None:
    """Copy checkpoints, tiles, entries and keys. With --url from that server, else out of the data folder."""
    with complaints():
        if url is None and (folder := folder_of(data)) is not None:
            if not (folder / "keys").is_dir():
                leave_with(Exit.USAGE, f"{folder} is no data folder: name one with --data, or a server with --url")
            tiles = Settings(data=folder).path("tiles_folder")
            heads = _copied({name: TileStore(tiles / name) for name in SERVICES}, out)
        else:
            with server_of(url, token, data).client() as client:
                heads = _copied({name: HttpSource(client, name) for name in SERVICES}, out)
        if not heads:
            leave_with(Exit.FAILED, "nothing was signed there yet")
        services = {name: {"size": head.size, "root": head.root.hex()} for name, head in heads.items()}
        lines = [f"{name}: {head.size} facts to {out / name}" for name, head in heads.items()]
        say({"services": services}, json, "\n".join(lines))


def _copied(sources: dict[str, TileSource], out: Path) -> dict[str, Checkpoint]:
    """Copy what is there; a service that has not recorded anything yet has no log."""
    heads = {}
    for name, source in sources.items():
        try:
            heads[name] = mirror(source, TileStore(out / name))
        except Absent as missing:
            typer.echo(f"{name}: no facts yet ({missing})", err=True)
    return heads
