"""SQLite files under examination, opened for reading only, so that examining them changes nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to that file. Raises `OSError` if it may not be read, `sqlite3.DatabaseError` if it is no store."""
    path.open("rb").close()  # a file that is kept from us is no forged one, and SQLite says the same of both
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


def as_bytes(kept: object) -> bytes:
    """What stands in a column of bytes: who forges may also change the column's type."""
    return kept if isinstance(kept, bytes) else str(kept).encode()
