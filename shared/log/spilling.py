"""What was noted of a great many names, in memory that does not grow: the older notes lie in a temporary file."""

import sqlite3
import weakref
from collections.abc import Iterator
from typing import Final

Note = tuple[int, str]

HELD: Final = 500_000
"""Notes in memory; with so many more they go to the file together, which is cheap."""
_FILTER_BITS: Final = 1 << 26
"""8 MiB. One bit per name (names may share one) tells without a look into the file that a name never went there."""

_NOTES: Final = "note (name TEXT PRIMARY KEY, number INTEGER, words TEXT) WITHOUT ROWID"


class Spilling:
    """Notes by name, the newest of each. `held` is how many may be in memory."""

    def __init__(self, held: int = HELD) -> None:
        self._most = held
        self._held: dict[str, Note] = {}
        self._filter = bytearray()
        self._file: sqlite3.Connection | None = None

    def __getitem__(self, name: str) -> Note | None:
        """What was noted last of that name, None for nothing."""
        note = self._held.get(name)
        if note is not None or self._file is None:
            return note
        place = hash(name) % _FILTER_BITS
        if not self._filter[place >> 3] >> (place & 7) & 1:
            return None
        row: Note | None = self._file.execute("SELECT number, words FROM note WHERE name = ?", (name,)).fetchone()
        return row

    def __setitem__(self, name: str, note: Note) -> None:
        """Note that."""
        self._held[name] = note
        if len(self._held) > self._most:
            self._spill()

    @property
    def in_memory(self) -> int:
        """How many notes are in memory."""
        return len(self._held)

    def _spill(self) -> None:
        if self._file is None:
            self._file, self._filter = temporary_file(_NOTES), bytearray(_FILTER_BITS >> 3)
            weakref.finalize(self, self._file.close)
        for name in self._held:
            place = hash(name) % _FILTER_BITS
            self._filter[place >> 3] |= 1 << (place & 7)
        self._file.execute("BEGIN")
        self._file.executemany("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", _in_order(self._held))
        self._file.execute("COMMIT")
        self._held.clear()


def _in_order(notes: dict[str, Note]) -> Iterator[tuple[str, int, str]]:
    """In the order of the file's tree, whose pages are then each touched once."""
    return ((name, *notes[name]) for name in sorted(notes))


def temporary_file(table: str) -> sqlite3.Connection:
    """A file of SQLite's own, without a name: it is gone with the process, whatever becomes of that.

    It may be written in one thread and read in another, never in two at once.
    """
    file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    file.execute("PRAGMA journal_mode = OFF")
    file.execute(f"CREATE TABLE {table}")
    return file
