"""`make platform`: says where everything is, begins again what ends of itself, and leaves nothing running."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local.kafka import KafkaServer
from deploy.local.platform import Platform
from deploy.local.postgres import PostgresServer
from deploy.local.process import Child, EngineFailed, children_of, running, wait_gone
from tests.engines import engine_folder, or_missing

pytestmark = [pytest.mark.journey, pytest.mark.postgres, pytest.mark.kafka, pytest.mark.temporal]
NAMES = {"issuer", "api", "relay", "consumer", "worker"}


@pytest.fixture(scope="module")
def started() -> Iterator[subprocess.Popen[str]]:
    """The command itself, in a folder of its own."""
    with engine_folder("platform") as folder:
        or_missing(lambda: PostgresServer(folder / "absent"))
        or_missing(lambda: KafkaServer(folder / "absent"))
        command = [sys.executable, "-m", "deploy.local.platform", "--json", "--data", str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        yield process
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def where(started: subprocess.Popen[str]) -> dict[str, Any]:
    assert started.stdout is not None
    line = started.stdout.readline()
    assert line, started.stderr.read() if started.stderr else ""
    found: dict[str, Any] = json.loads(line)
    return found


@pytest.mark.timeout(300)
def test_one_object_says_where_everything_is(where: dict[str, Any]) -> None:
    assert {process["name"] for process in where["processes"]} == NAMES
    assert set(where["api"]) == {"intake", "review", "monitoring", "reporting"}
    assert all(running(process["pid"]) for process in where["processes"])
    assert not [secret for secret in ("password", "gatehouse_operator", "_app:") if secret in json.dumps(where)]


def test_every_role_says_itself_that_it_is_ready(where: dict[str, Any]) -> None:
    roles = [process for process in where["processes"] if process["name"] != "issuer"]
    assert [status(f"{role['url']}/readyz") for role in roles] == [200] * len(roles)


def test_a_role_that_ends_of_itself_is_begun_again(where: dict[str, Any], started: subprocess.Popen[str]) -> None:
    [relay] = [process for process in where["processes"] if process["name"] == "relay"]
    os.kill(relay["pid"], signal.SIGKILL)
    wait_gone([relay["pid"]], within=10)
    assert started.stderr is not None
    assert "relay ended and is begun again" in started.stderr.readline()
    deadline = time.monotonic() + 90
    while status(f"{relay['url']}/readyz") != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_it_takes_everything_along_when_it_is_told_to_end(started: subprocess.Popen[str]) -> None:
    children = children_of(started.pid)
    assert len(children) >= len(NAMES) + 3
    started.send_signal(signal.SIGINT)
    started.wait(60)
    assert started.returncode == 0
    assert not [child for child in children if running(child)]


def status(url: str) -> int:
    try:
        return httpx2.get(url, timeout=5).status_code
    except httpx2.TransportError:  # not listening yet
        return 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("begun", ["prepare.log", "temporal/temporal.pid", "api.log"])
def test_it_ends_at_once_when_it_is_told_so_while_it_starts(begun: str) -> None:
    with engine_folder("platform") as folder:
        or_missing(lambda: (PostgresServer(folder / "absent"), KafkaServer(folder / "absent")))
        command = [sys.executable, "-m", "deploy.local.platform", "--json", "--data", str(folder)]
        starting = Child(command, log=folder / "said")
        starting.wait_until((folder / begun).exists, within=60)
        starting.send(signal.SIGINT)
        assert starting.wait(within=30) == 0, starting.tail()
        assert "ended before it was ready" in starting.tail()
        assert "ready_seconds" not in starting.tail()
        wait_gone(serving(folder), within=20)  # who was just being begun ends with the process that began it


def serving(folder: Path) -> list[int]:
    """The processes that name the folder among their arguments."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has gone
            if str(folder).encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
    return found


def test_what_is_missing_is_said_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.local.platform", "--data", str(tmp_path)]
    nothing = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(command, env=nothing, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Java" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def stopped() -> Iterator[Platform]:
    """A platform that was not started yet, in a folder of its own."""
    with engine_folder("platform") as folder:
        yield or_missing(lambda: Platform(folder))


@pytest.mark.timeout(300)
def test_a_start_whose_tables_can_not_be_made_says_so_and_leaves_nothing_running(stopped: Platform) -> None:
    before = set(children_of(os.getpid()))  # engines that other tests share
    with stopped.postgres as server:
        stopped.databases.make()
        server.run_sql("alter role review_owner password 'another'")
    with pytest.raises(EngineFailed, match=r"could not be made:[^$]*password authentication failed.*review_owner"):
        stopped.start()
    assert set(children_of(os.getpid())) <= before


@pytest.mark.timeout(300)
def test_a_start_without_a_broker_ends_by_the_brokers_words(stopped: Platform) -> None:
    before = set(children_of(os.getpid()))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", stopped.kafka.port))
        taken.listen()
        with pytest.raises(EngineFailed, match=r"ended with 1 before it was ready:[^$]*kafka"):
            stopped.start()
    assert set(children_of(os.getpid())) <= before
