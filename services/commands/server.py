"""The way to a running server: where it answers, and a token that it takes."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from services.folder import DataFolder
from shared.runtime.issuer import LOCAL_ISSUER, mint
from shared.runtime.key_files import token_key
from shared.runtime.settings import Settings

Url = Annotated[str | None, typer.Option("--url", envvar="GATEHOUSE_URL", help="Where Gatehouse answers.")]
Token = Annotated[str | None, typer.Option("--token", envvar="GATEHOUSE_TOKEN", help="Access token or service key.")]
Data = Annotated[Path | None, typer.Option("--data", envvar="GATEHOUSE_DATA", help="Data folder (default: data/).")]

OPERATOR = "operator"
"""Whom the key of a data folder speaks for on the command line."""
_SECONDS = 3600


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
    """Where to go and who to be: what is said on the command line, else what the data folder knows."""
    path = folder_of(data)
    known = DataFolder(path) if path is not None and path.is_dir() else None
    address = url or (known.server if known is not None else None) or "http://127.0.0.1:8080"
    if token is None and known is not None and (known.path / "keys").is_dir():
        token = token_of(known.path, OPERATOR)
    return Server(address.rstrip("/"), token)


def token_of(folder: Path, subject: str) -> str:
    """An access token for a person of the data folder, signed with its key. Raises `FileNotFoundError` without one."""
    settings = Settings.from_environment({**os.environ, "GATEHOUSE_DATA": str(folder)})
    path = settings.path("issuer_key_file")
    if not path.exists():
        raise FileNotFoundError(f"{path}: no key to sign with; start `gatehouse up` on this folder once")
    return mint(
        token_key(path),
        issuer=LOCAL_ISSUER,
        audience=settings.oidc_audience,
        subject=subject,
        seconds=_SECONDS,
        now=time.time(),
    )
