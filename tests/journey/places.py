"""The two places where Gatehouse runs: embedded in one process, and the local platform. Tests see no difference."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from typer.testing import CliRunner

from deploy.local.platform import Platform
from services.cli import command_line
from shared.runtime.minting import local_token
from shared.runtime.settings import Settings
from tests.journey.people import ROLES, people_file

GATEHOUSE = Path(sys.executable).with_name("gatehouse")
READY_SECONDS = 60


class Place(Protocol):
    """Somewhere where Gatehouse runs."""

    def url(self, service: str) -> str:
        """Where that service answers."""

    def token(self, person: str) -> str:
        """An access token of that person."""

    def sources(self) -> list[str]:
        """What `gatehouse verify` can be given here."""


class Embedded:
    """`gatehouse up` as a process of its own; it can be killed and started again on the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.witness = folder / "witness"
        self.folder.mkdir(parents=True)
        people = self.folder / "people.yaml"
        people.write_text(people_file())
        people.chmod(0o600)
        self._process: subprocess.Popen[str] | None = None
        self._url = ""

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the caller's Gatehouse, and a witness of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
        return {**kept, "GATEHOUSE_WITNESS_FOLDER": str(self.witness)}

    def start(self) -> None:
        """Start it and wait for the line that says it is ready."""
        self._log = (self.folder.parent / "up.log").open("a")
        self._process = subprocess.Popen(
            [GATEHOUSE, "up", "--data", self.folder, "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=self.environment,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("ready http://"):
            self.end(signal.SIGKILL)
            raise AssertionError(f"{line!r} {(self.folder.parent / 'up.log').read_text()[-3000:]}")
        self._url = line.split()[1]

    def second(self) -> subprocess.Popen[str]:
        """Another run on the same folder."""
        return subprocess.Popen(
            [GATEHOUSE, "up", "--data", self.folder, "--port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it by that signal; its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(timeout=40)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()
        return code

    def url(self, service: str) -> str:
        return self._url

    def token(self, person: str) -> str:
        return local_token(Settings(data=self.folder), person)

    def sources(self) -> list[str]:
        return [str(self.folder), self._url]


class OnPlatform:
    """The product as in production: PostgreSQL, Kafka, Temporal, an issuer, a process per role."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def url(self, service: str) -> str:
        return self.platform.url(service)

    def token(self, person: str) -> str:
        return self.platform.token(person, ROLES[person])

    def sources(self) -> list[str]:
        return [self.url("intake"), self.platform.where()["kafka"]]


@contextmanager
def embedded(folder: Path) -> Iterator[Embedded]:
    """A running embedded place."""
    place = Embedded(folder)
    place.start()
    try:
        yield place
    finally:
        place.end()


def gatehouse(*arguments: str, code: int = 0, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run the command line with `--json`; the one object that it prints. The exit code must be `code`."""
    done = subprocess.run(
        [GATEHOUSE, *arguments, "--json"], capture_output=True, text=True, timeout=300, check=False, env=environment
    )
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr[-3000:])
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def commanded(*arguments: str, code: int = 0) -> dict[str, Any]:
    """As `gatehouse`, in this process: where a command is asked dozens of times, each start would load it anew."""
    done = CliRunner().invoke(command_line([arguments[0]]), [*arguments, "--json"])
    assert done.exit_code == code, (done.exit_code, done.stdout, done.stderr[-3000:], done.exception)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
