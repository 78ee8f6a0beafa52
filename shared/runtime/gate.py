"""A lock that processes wait for: shut while what they need is being made."""

import fcntl
import os
from pathlib import Path


class Gate:
    """Shut by holding the file's lock, which ends with this process at the latest: nobody waits for the dead."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def shut(self) -> None:
        """Whoever comes to it from now on waits."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        self._handle = handle

    def open(self) -> None:
        """Let everyone through, those too who come later; nothing where it is open."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def pass_through(gate: Path) -> None:
    """Return once nobody holds the file's lock."""
    with gate.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
