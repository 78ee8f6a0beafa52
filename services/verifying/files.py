"""SQLite files under examination: nothing is written beside them, also while a server is at work on them.

SQLite itself would: even to read a file with a write-ahead log (WAL) it makes a shared index (`-shm`) beside it.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.store.errors import StoreUnavailable

_TRIES: Final = 20
_WAL_HEADER_BYTES: Final = 32
"""Drawn anew whenever the log is begun anew from its start; until then it only grows."""


@dataclass(frozen=True, slots=True)
class _State:
    """How a file stands: itself (inode, size, time of change), the beginnings of its logs, whether it is in use."""

    file: tuple[int, int, int]
    wal: bytes
    journal: bytes
    in_use: bool

    @classmethod
    def of(cls, path: Path) -> "_State":
        """As it stands now. Raises `OSError` if it may not be read."""
        path.open("rb").close()  # a file that is kept from us is no forged one, and SQLite says the same of both
        found = path.stat()
        shared = _beside(path, "shm").exists()
        wal, journal = _beginning(_beside(path, "wal")), _beginning(_beside(path, "journal"))
        return cls((found.st_ino, found.st_size, found.st_mtime_ns), wal, journal, shared)

    @property
    def complete(self) -> bool:
        """Whether the file alone says everything, and no process had it open."""
        return not (self.wal or self.journal or self.in_use)

    def held_until(self, after: "_State") -> bool:
        """Whether a copy that was taken between both, the file first and its log then, is of one moment.

        Pages that reach the file meanwhile stand in the WAL too, as long as it is not begun anew.
        """
        same_wal = self.wal != b"" and (self.file[0], self.wal, self.journal) == (after.file[0], after.wal, b"")
        return same_wal or self == after


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to what the file holds. Not for a file that this process itself has open to write.

    Raises `OSError` if it may not be read, `sqlite3.DatabaseError` if it is no store, and `StoreUnavailable` while a
    server changes it too fast.
    """
    before = _State.of(path)
    if not before.complete:
        with _copy(path) as copy, closing(sqlite3.connect(copy)) as connection:
            yield connection
        return
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        try:
            yield connection
        except sqlite3.DatabaseError:
            _insist_same(path, before)  # a server that began meanwhile is no forger
            raise
        _insist_same(path, before)


def copied(path: Path, to: Path) -> Path:
    """A private copy, in that folder, of a file and the log beside it, of one moment. Raises as `opened` does."""
    copy = to / path.name
    for _ in range(_TRIES):
        before = _State.of(path)
        shutil.copyfile(path, copy)
        for kind in ("wal", "journal"):
            _beside(copy, kind).unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.copyfile(_beside(path, kind), _beside(copy, kind))
        if before.held_until(_State.of(path)):
            return copy
    raise StoreUnavailable(f"{path} is written to faster than it can be copied")


@contextmanager
def _copy(path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gatehouse-verify-") as folder:
        yield copied(path, Path(folder))


def as_bytes(kept: object) -> bytes:
    """What stands in a column of bytes: who forges may also change the column's type."""
    return kept if isinstance(kept, bytes) else str(kept).encode()


def _insist_same(path: Path, before: _State) -> None:
    if _State.of(path) != before:
        raise StoreUnavailable(f"{path} was changed while it was read")


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.name}-{kind}")


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_WAL_HEADER_BYTES)
    except FileNotFoundError:
        return b""
