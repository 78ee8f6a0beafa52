"""Whom the command line tells a token by the data folder's key: the folder's own live server, and nobody else."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import time_machine
from joserfc import jwt

from services.commands import server
from services.commands.server import COMMAND_SECONDS, OPERATOR, RENEW_SECONDS, server_of
from services.folder import DataFolder
from shared.runtime.key_files import token_key

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"


@dataclass
class Listener:
    """Whoever listens at an address: answers everything, and remembers the headers that came."""

    url: str
    heard: list[dict[str, str]] = field(default_factory=list)

    def token(self) -> str | None:
        """What the last request was signed with."""
        return self.heard[-1].get("authorization")

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:  # closed: the test is over
                return
            with connection:
                lines = connection.recv(65536).decode().split("\r\n")
                pairs = (line.partition(": ") for line in lines[1:] if ": " in line)
                self.heard.append({name.lower(): value for name, _, value in pairs})
                connection.sendall(ANSWER)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Listener(f"http://127.0.0.1:{listening.getsockname()[1]}")
        answering = threading.Thread(target=made.serve, args=[listening])
        answering.start()
        yield made
        listening.shutdown(socket.SHUT_RDWR)
        answering.join()


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.at(tmp_path / "data")


def claims(folder: DataFolder, header: str | None) -> dict[str, Any]:
    assert header is not None
    return jwt.decode(header.removeprefix("Bearer "), token_key(folder.path / "keys" / "issuer.jwk"), ["ES256"]).claims


def test_a_live_server_is_told_a_token_that_lives_a_minute(folder: DataFolder, listener: Listener) -> None:
    with folder.held():
        folder.serves_at(listener.url, "")
        with server_of(None, None, folder.path).client() as client:
            client.get("/x")
    told = claims(folder, listener.token())
    assert told["sub"] == OPERATOR
    assert told["exp"] - told["iat"] == COMMAND_SECONDS == 60


def test_who_listens_where_a_server_was_hears_no_token(folder: DataFolder, listener: Listener) -> None:
    folder.serves_at(listener.url, "")  # by one that was killed: nobody holds the folder now
    for named in (None, listener.url):
        found = server_of(named, None, folder.path)
        assert found.auth is None
    with server_of(listener.url, None, folder.path).client() as client:
        client.get("/x")
    assert listener.token() is None


def test_who_comes_to_listen_there_in_mid_import_hears_none_either(folder: DataFolder, listener: Listener) -> None:
    with folder.held():
        folder.serves_at(listener.url, "")
        found = server_of(None, None, folder.path)
    with found.client() as client, pytest.raises(httpx2.ConnectError, match="no server on"):
        client.get("/x")
    with folder.held(), found.client() as client, pytest.raises(httpx2.ConnectError, match="no server on"):
        client.get("/x")  # the next server begins, and has not said yet where it listens
    assert listener.heard == []


def test_a_long_command_never_sends_a_token_that_has_ended(folder: DataFolder, listener: Listener) -> None:
    began = datetime(2026, 3, 2, 9, tzinfo=UTC)
    with folder.held(), time_machine.travel(began, tick=False) as clock:
        folder.serves_at(listener.url, "")
        with server_of(None, None, folder.path).client() as client:
            for seconds in (0, RENEW_SECONDS, RENEW_SECONDS + 1, 600):
                clock.move_to(began + timedelta(seconds=seconds))
                client.get("/x")
                left = claims(folder, listener.token())["exp"] - time.time()
                assert COMMAND_SECONDS - RENEW_SECONDS <= left <= COMMAND_SECONDS
    assert len({heard["authorization"] for heard in listener.heard}) == 3


@pytest.mark.parametrize(
    "url", ["https://gatehouse.example.org", "http://10.0.0.7:8080", "http://[::1]:4711", "http://127.0.0.1:4712"]
)
def test_another_server_hears_none(url: str, folder: DataFolder) -> None:
    with folder.held():
        folder.serves_at("http://127.0.0.1:4711", "")
        assert server_of(url, None, folder.path).auth is None
        assert isinstance(server_of(url, "given", folder.path).auth, server.Bearer)
        assert server_of(None, None, folder.path).url == "http://127.0.0.1:4711"


@pytest.mark.parametrize(
    ("listens", "named"),
    [
        ("http://127.0.0.1:4711", "http://localhost:4711/"),
        ("http://localhost:4711", "http://127.0.0.1:4711"),
        ("http://0.0.0.0:4711", "http://localhost:4711"),
        ("http://[::]:4711", "http://127.0.0.1:4711"),
    ],
)
def test_another_name_of_this_machine_means_the_address_where_the_server_listens(
    listens: str, named: str, folder: DataFolder
) -> None:
    with folder.held():
        folder.serves_at(listens, "")
        found = server_of(named, None, folder.path)
    assert (found.url, isinstance(found.auth, server.FolderKey)) == (listens, True)


def test_a_token_that_was_given_is_sent_as_it_is(listener: Listener) -> None:
    with server_of(listener.url, "given", None).client() as client:
        client.get("/x")
    assert listener.token() == "Bearer given"
