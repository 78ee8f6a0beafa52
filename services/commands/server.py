"""The way to a running server: where it answers, and a token that it takes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx2
import typer

from services.folder import DataFolder
from shared.runtime.minting import local_token
from shared.runtime.settings import Settings, is_loopback

Url = Annotated[str | None, typer.Option("--url", envvar="GATEHOUSE_URL", help="Where Gatehouse answers.")]
Token = Annotated[str | None, typer.Option("--token", envvar="GATEHOUSE_TOKEN", help="Access token or service key.")]
Data = Annotated[Path | None, typer.Option("--data", envvar="GATEHOUSE_DATA", help="Data folder (default: data/).")]

OPERATOR = "operator"
"""Whom the key of a data folder speaks for on the command line."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server and the token to use there."""

    url: str
    token: str | None

    @contextmanager
    def client(self) -> Iterator[httpx2.Client]:
        """An HTTP client that is signed in."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with httpx2.Client(base_url=self.url, headers=headers, timeout=60) as client:
            yield client


def folder_of(data: Path | None) -> Path | None:
    """The data folder that is meant: the one named, else `data/` where one stands."""
    if data is not None:
        return data
    return Path("data") if Path("data").is_dir() else None


def server_of(url: str | None, token: str | None, data: Path | None) -> Server:
    """Where to go and who to be: what is said on the command line, else what the data folder knows.

    A token of the folder's key is for its own server, on this machine: any other would learn a token that serves here.
    """
    path = folder_of(data)
    known = DataFolder(path) if path is not None and path.is_dir() else None
    address = url or (known.server if known is not None else None) or "http://127.0.0.1:8080"
    ours = known is not None and (address == known.server or is_loopback(urlsplit(address).hostname or ""))
    if token is None and known is not None and ours and (known.path / "keys").is_dir():
        token = token_of(known.path, OPERATOR)
    return Server(address.rstrip("/"), token)


def token_of(folder: Path, subject: str) -> str:
    """An access token for a person of the data folder, signed with its key. Raises as `local_token` does."""
    return local_token(Settings.from_environment({**os.environ, "GATEHOUSE_DATA": str(folder)}), subject)
