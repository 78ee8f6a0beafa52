"""One child process: started on a leash, waited for by condition, ended for certain."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")
EPHEMERAL_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST_PORT, HIGHEST_PORT = 10_000, 65_535
LOG_TAIL = 2_000  # characters of an engine's own words in our error


class EngineMissing(Exception):
    """A part that an engine needs is not on this machine and could not be fetched; the text says which."""


class EngineFailed(Exception):
    """An engine was there but did not start, or did not end; the text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class User:
    """Whom a child runs as, by the numbers of the operating system."""

    uid: int
    gid: int


AS_WE_ARE = User(-1, -1)


def free_port() -> int:
    """A loopback TCP port that nobody listens on at this moment.

    It lies below the ports that the kernel gives to outgoing connections: between this answer and the moment when an
    engine listens there, nobody gets it by chance.
    """
    below = int(EPHEMERAL_PORTS.read_text().split()[0])
    while True:
        port = random.randrange(LOWEST_PORT, below if below > LOWEST_PORT else HIGHEST_PORT)  # noqa: S311 - no secret
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Child:
    """A running program and the thread that keeps it.

    The thread exists because the kernel ties a parent-death signal to the thread that forked, not to the process:
    started from a pool thread, an engine would end with that thread. The keeper lives as long as the child.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        user: User = AS_WE_ARE,
        environment: Mapping[str, str] | None = None,
        dies_by: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.log = log
        self._leashed = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(dies_by))]
        self._leashed += [str(user.uid), str(user.gid), *command]
        self._environment = {**os.environ, **(environment or {})}
        self._begun, self._ended = threading.Event(), threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._refusal: OSError | None = None
        threading.Thread(target=self._keep, name=f"keeper of {command[0]}", daemon=True).start()
        self._begun.wait()
        if self._refusal is not None:
            raise EngineFailed(f"{command[0]} did not start: {self._refusal}")

    def _keep(self) -> None:
        try:
            with self.log.open("ab") as out:
                self._process = subprocess.Popen(
                    self._leashed,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                    start_new_session=True,  # ^C in a terminal is for us; we end the engines in order
                )
        except OSError as refusal:
            self._refusal = refusal
            return
        finally:
            self._begun.set()
        self._process.wait()
        self._ended.set()

    @property
    def pid(self) -> int:
        """The program's own process id: the leash turns into the program."""
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative is the signal that ended it."""
        return self._process.returncode if self._process is not None else None

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait_until(self, ready: Callable[[], bool], *, within: float) -> None:
        """Return once `ready()`; EngineFailed when the child ends before, or after `within` seconds."""
        deadline = time.monotonic() + within
        while not ready():
            if self._ended.wait(0.02):
                raise EngineFailed(f"ended with {self.exit_code} before it was ready:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise EngineFailed(f"not ready after {within:g} s:\n{self.tail()}")

    def wait(self, *, within: float) -> int:
        """Its exit code, once it has ended of itself; EngineFailed when it has not after `within` seconds."""
        if not self._ended.wait(within):
            raise EngineFailed(f"did not end within {within:g} s:\n{self.tail()}")
        assert self.exit_code is not None
        return self.exit_code

    def stop(self, number: signal.Signals = signal.SIGTERM, *, within: float = 20) -> None:
        """Ask it to end; SIGKILL when it has not after `within` seconds. Returns when it has ended."""
        self.send(number)
        if not self._ended.wait(within):
            self.kill()

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        if not self._ended.wait(10):
            raise EngineFailed(f"process {self.pid} outlived SIGKILL")

    def tail(self) -> str:
        """The last words of its log."""
        return self.log.read_text(errors="replace")[-LOG_TAIL:] if self.log.exists() else ""


def remember(child: Child, pidfile: Path) -> None:
    """Write down which process serves a folder, so that a later start can end a survivor."""
    beside = pidfile.with_name(f".{pidfile.name}.new")  # whole or not at all, also when we are killed meanwhile
    beside.write_text(json.dumps({"pid": child.pid, "started": _started(child.pid)}))
    beside.replace(pidfile)


def end_survivor(pidfile: Path, *, serves: Path, number: signal.Signals = signal.SIGKILL) -> bool:
    """End the process named in `pidfile` if it is still the same one and serves this folder; True if it was.

    A process id alone proves nothing, since ids are used again: the start time must match, and the folder must be
    named in the program's arguments. A file that says no such thing (an earlier version cut off while it wrote, a disk
    that was full) proves nothing either.
    """
    try:
        noted = json.loads(pidfile.read_text())
        pid, started = int(noted["pid"]), str(noted["started"])
    except FileNotFoundError:
        return False
    except (ValueError, TypeError, KeyError):
        pidfile.unlink()
        return False
    found = running(pid) and _started(pid) == started and str(serves) in _arguments(pid)
    if found:
        os.kill(pid, number)
        wait_gone([pid], within=30)
    pidfile.unlink()
    return found


def children_of(pid: int) -> list[int]:
    """The process ids whose parent is `pid`, now."""
    found = []
    for entry in Path("/proc").iterdir():
        fields = _stat(int(entry.name)) if entry.name.isdigit() else []
        if fields and int(fields[1]) == pid:
            found.append(int(entry.name))
    return found


def wait_gone(pids: Sequence[int], *, within: float) -> None:
    """Return once none of these runs (a zombie does not); EngineFailed after `within` seconds."""
    deadline = time.monotonic() + within
    while left := [pid for pid in pids if running(pid)]:
        if time.monotonic() > deadline:
            raise EngineFailed(f"still running after {within:g} s: {left}")
        time.sleep(0.01)


def running(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def _started(pid: int) -> str:
    fields = _stat(pid)
    return fields[19] if fields else ""


def _stat(pid: int) -> list[str]:
    """Fields 3 and on of /proc/PID/stat (proc(5)): state, parent, …, start time; empty if there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text[text.rindex(")") + 2 :].split()  # the program's name, field 2, may hold blanks and brackets


def _arguments(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
