"""The data folder of the embedded run: who holds it, whether it is an example, and where its server answers."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self


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
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
                raise FolderHeld(
                    f"{self.path} is in use by {holder}: end that first, or choose another folder with --data"
                ) from error
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()}".encode(), 0)
            yield
        finally:
            os.close(handle)

    @property
    def example(self) -> Example | None:
        """The mark of an example folder, None for real data."""
        mark = self._read("example.json")
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
        """The address at which this folder's server answered last."""
        served = self._read("server.json")
        return None if served is None else str(served["url"])

    @property
    def temporal(self) -> str | None:
        """The address of the Temporal that keeps this folder's clocks."""
        served = self._read("server.json")
        return None if served is None else str(served["temporal"])

    def serves_at(self, url: str, temporal: str) -> None:
        """Note where the server and its Temporal answer, for commands on the same machine."""
        self._write("server.json", {"url": url, "temporal": temporal})

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self.path / name
        if not path.exists():
            return None
        content: dict[str, Any] = json.loads(path.read_text())
        return content

    def _write(self, name: str, content: dict[str, Any]) -> None:
        beside = self.path / f".{name}.new"
        beside.write_text(json.dumps(content) + "\n")
        beside.replace(self.path / name)
