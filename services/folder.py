"""The data folder of the embedded run: who holds it, whether it is an example, and where its server answers."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from shared.transparency.disk import Batch, Disk

_TRIES: Final = 20
_PAUSE_SECONDS: Final = 0.01
"""A command that asks whether the folder is held has the lock for a moment: who wants to hold it tries that often."""


class FolderHeld(Exception):
    """Another process runs on this folder; the message names it."""


class FolderMixed(Exception):
    """Example data and real data would come together in one folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The mark of a folder that holds example data only: the play that made it is a function of these."""

    seed: int
    end: str


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A folder with databases, keys and evidence. One process at a time holds it, by a lock that dies with it."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Self:
        """The folder, made if need be, readable by its owner alone."""
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        (path / "keys").mkdir(exist_ok=True, mode=0o700)
        return cls(path.resolve())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder while inside. Raises `FolderHeld` when another process does."""
        handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not _locked(handle):
                holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
                raise FolderHeld(
                    f"{self.path} is in use by {holder}: end that first, or choose another folder with --data"
                )
            self.serves_nowhere()  # what is written there was said by a process that has gone
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()}".encode(), 0)
            yield
        finally:
            os.close(handle)

    @property
    def in_hand(self) -> bool:
        """Whether a process holds the folder now."""
        try:
            handle = os.open(self.path / "lock", os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(handle)

    @property
    def example(self) -> Example | None:
        """The mark of an example folder, None for real data.

        Raises `FolderMixed` for a folder with data and a mark that can't be read: it is forced to the disk before any
        data is, so that somebody broke it since, and real data must not come to an example's.
        """
        mark = self._read("example.json")
        if mark is None and self.in_use and (self.path / "example.json").exists():
            raise FolderMixed(f"{self.path / 'example.json'} can't be read: whether this is example data can't be told")
        return None if mark is None else Example(**mark)

    def mark_example(self, example: Example) -> None:
        """Declare a new folder an example, or find the same mark again.

        Raises `FolderMixed` for a folder that holds real data, or the example of another seed or end.
        """
        present = self.example
        if present is None and self.in_use:
            raise FolderMixed(f"{self.path} holds real data: an example plays in a folder of its own (--data)")
        if present is not None and present != example:
            raise FolderMixed(f"{self.path} holds the example of seed {present.seed} up to {present.end}")
        self._write("example.json", asdict(example))

    @property
    def in_use(self) -> bool:
        """Whether a store was born here already."""
        return any((self.path / service / "events.db").exists() for service in ("intake", "review"))

    @property
    def server(self) -> str | None:
        """The address at which this folder's server answers; None while no live one holds the folder.

        Once it has gone, anybody on the machine may listen where it did.
        """
        served = self._served()
        return None if served is None else str(served["url"])

    @property
    def temporal(self) -> str | None:
        """The address of the Temporal that keeps this folder's clocks; None while no live server holds the folder."""
        served = self._served()
        return None if served is None else str(served["temporal"])

    def serves_at(self, url: str, temporal: str) -> None:
        """Note where the server and its Temporal answer, for commands on the same machine; by who holds the folder."""
        self._write("server.json", {"url": url, "temporal": temporal})

    def serves_nowhere(self) -> None:
        """Take the note back."""
        (self.path / "server.json").unlink(missing_ok=True)

    def _served(self) -> dict[str, Any] | None:
        return self._read("server.json") if self.in_hand else None

    def _read(self, name: str) -> dict[str, Any] | None:
        """What a note says; None where there is none, or one that was lost with the machine's power."""
        try:
            content = json.loads((self.path / name).read_text())
        except (FileNotFoundError, ValueError):
            return None
        return content if isinstance(content, dict) else None

    def _write(self, name: str, content: dict[str, Any]) -> None:
        file = Batch(Disk(), self.path, self.path / f".{name}.new")
        file.put(name, f"{json.dumps(content)}\n".encode())
        file.settle()


def _locked(handle: int) -> bool:
    """Take the lock; false when somebody keeps it."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
        else:
            return True
    return False
