"""A process of ours: one role, started on a leash, ready when it says so itself."""

import http.client
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.local.process import Child, EngineFailed
from shared.runtime.settings import SERVICES

ROLES: Final = ("api", "relay", "consumer", "worker")
READY_WITHIN = 900  # seconds; a projection whose definition changed rebuilds itself first, over the whole log


def plan(*, split: bool) -> dict[str, list[str]]:
    """The processes by name, each with its arguments to `services.run`: one per role, or per service and role."""
    if not split:
        return {role: ["--role", role] for role in ROLES}
    pairs = [(service, role) for service in SERVICES for role in ROLES]
    return {f"{service}-{role}": ["--role", role, "--service", service] for service, role in pairs}


class RoleProcess:
    """`python -m <module and arguments>` on a port of its own. Start, stop, kill and start again keep the port."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        port: int,
        log: Path,
        environment: Mapping[str, str],
        ready: str = "/readyz",
    ) -> None:
        self.name, self.port, self.log = name, port, log
        self._command = [sys.executable, "-m", *command]
        self._environment = dict(environment)
        self._ready_path = ready
        self._child: Child | None = None

    def begin(self) -> None:
        """Start it, without waiting until it is ready."""
        self._child = Child(self._command, log=self.log, environment=self._environment, dies_by=signal.SIGTERM)

    def wait_ready(self) -> None:
        """Return once it answers 200; EngineFailed with the end of its log when it ends before, or takes too long."""
        assert self._child is not None
        try:
            self._child.wait_until(self._answers, within=READY_WITHIN)
        except EngineFailed as failure:
            raise EngineFailed(f"{self.name}: {failure}") from failure

    def start(self) -> None:
        self.begin()
        self.wait_ready()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL after 30 s."""
        if self.alive and self._child is not None:
            self._child.stop(within=30)

    def kill(self) -> None:
        assert self._child is not None
        self._child.kill()

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self._ready_path)
            return connection.getresponse().status == http.client.OK
        except OSError:  # not listening yet, or too busy to answer: asked again
            return False
        finally:
            connection.close()
