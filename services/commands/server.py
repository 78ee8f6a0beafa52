"""The way to a running server: where it answers, and a token that it takes."""

import math
import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import httpx2
import typer

from services.folder import DataFolder
from shared.runtime.minting import TOKEN_SECONDS, local_token
from shared.runtime.settings import Settings

Url = Annotated[str | None, typer.Option("--url", envvar="GATEHOUSE_URL", help="Where Gatehouse answers.")]
Token = Annotated[str | None, typer.Option("--token", envvar="GATEHOUSE_TOKEN", help="Access token or service key.")]
Data = Annotated[Path | None, typer.Option("--data", envvar="GATEHOUSE_DATA", help="Data folder (default: data/).")]

OPERATOR = "operator"
"""Whom the key of a data folder speaks for on the command line."""
COMMAND_SECONDS: Final = 60
RENEW_SECONDS: Final = 30.0
"""How long a command's token lives, and its age from which the next request gets a new one."""
_THIS_MACHINE: Final = ("127.0.0.1", "localhost")
_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - where a server says that it listens, not where we do


class Bearer(httpx2.Auth):
    """Signs requests with one token, given on the command line."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """One request with the token."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class FolderKey(httpx2.Auth):
    """Signs requests with short tokens by the key of a data folder, as long as its own server answers at `url`.

    A token opens everything that its person may do, to whoever hears it: it goes only where the folder's live server
    says that it listens, and lives for a minute. It is made anew before that is over, so that an import of any length
    never holds one that has ended. Each request asks anew whether the server is still there: once it has gone, somebody
    else may listen at its address, and a server that is only just beginning is waited for as one that does not answer.
    """

    def __init__(self, folder: DataFolder, url: str) -> None:
        self._folder, self._url = folder, url
        self._token, self._made = "", -math.inf

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """One request with a token; raises `httpx2.ConnectError` while the folder's server does not answer there."""
        if self._folder.server != self._url:
            raise httpx2.ConnectError(f"no server on {self._folder.path} answers there", request=request)
        if not 0 <= time.time() - self._made <= RENEW_SECONDS:  # also where the machine's clock was put back
            self._made = time.time()
            self._token = token_of(self._folder.path, OPERATOR, COMMAND_SECONDS)
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


@dataclass(frozen=True, slots=True)
class Server:
    """A server and what signs the requests to it; None where nobody is known there."""

    url: str
    auth: Bearer | FolderKey | None

    @contextmanager
    def client(self) -> Iterator[httpx2.Client]:
        """An HTTP client that is signed in."""
        with httpx2.Client(base_url=self.url, auth=self.auth, timeout=60) as client:
            yield client


def folder_of(data: Path | None) -> Path | None:
    """The data folder that is meant: the one named, else `data/` where one stands."""
    if data is not None:
        return data
    return Path("data") if Path("data").is_dir() else None


def server_of(url: str | None, token: str | None, data: Path | None) -> Server:
    """Where to go and who to be: what is said on the command line, else what the data folder knows.

    The folder's key speaks to its own live server alone, at the very address where that listens: any other would learn
    a token that serves here, also one on this machine. Another name of this machine with the server's port means that
    address, and nothing else (`localhost` may be `::1`, where a stranger listens).
    """
    path = folder_of(data)
    known = DataFolder(path) if path is not None and path.is_dir() else None
    own = None if known is None else known.server
    if own is not None and (url is None or _on_this_machine(url, own)):
        url = own
    address = (url or "http://127.0.0.1:8080").rstrip("/")
    if token is not None:
        return Server(address, Bearer(token))
    return Server(address, FolderKey(known, address) if known is not None and own == address else None)


def _on_this_machine(url: str, own: str) -> bool:
    named, listens = urlsplit(url), urlsplit(own)
    if (named.scheme, named.port, named.path.rstrip("/")) != (listens.scheme, listens.port, ""):
        return False
    return named.hostname == listens.hostname or (
        named.hostname in _THIS_MACHINE and listens.hostname in (*_THIS_MACHINE, *_EVERYWHERE)
    )


def token_of(folder: Path, subject: str, seconds: int = TOKEN_SECONDS) -> str:
    """An access token for a person of the data folder, signed with its key. Raises as `local_token` does."""
    return local_token(
        Settings.from_environment({**os.environ, "GATEHOUSE_DATA": str(folder)}), subject, seconds=seconds
    )
