"""The rows of an SQLite store as an auditor reads them: every byte, and that each column says what the bytes say."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from services.verifying.contents import Contents
from services.verifying.files import as_bytes, opened
from shared.events.envelope import Envelope, MalformedEvent, parse
from shared.log.soundness import Soundness
from shared.transparency.failures import Absent, Malformed
from shared.transparency.hashes import leaf_hash
from shared.transparency.tile_source import read_hashes
from shared.transparency.tile_store import TileStore
from shared.transparency.tiles import WIDTH, tile_at

Stated = tuple[int, object, str, int, str, bytes, bool]
"""What the columns beside a body say, and whether the body itself stands there as bytes."""
_ROWS: Final = "SELECT pos, event_id, stream, ver, type, body, leaf FROM event ORDER BY pos"


class Rows:
    """A store's file, opened for reading only, so that examining it changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stated: dict[int, Stated] = {}
        self.fault: str | None = None
        """Why the rows end before their time; None if they do not."""

    def bodies(self) -> Iterator[bytes]:
        """The bodies in the order of their positions; what the columns state is remembered until `watch` is asked."""
        try:
            with opened(self._path) as connection:
                for index, (*beside, body, leaf) in enumerate(connection.execute(_ROWS)):
                    self._stated[index] = (*beside, leaf, isinstance(body, bytes))
                    yield as_bytes(body)
        except sqlite3.DatabaseError as error:
            self.fault = f"the store can't be read from here on: {error}"

    def any(self) -> bool:
        """Whether there is a row at all, or was one as far as can be read."""
        return next(iter(self.bodies()), None) is not None or self.fault is not None

    def count(self) -> int | None:
        """How many rows there are; None where that can't be read."""
        try:
            with opened(self._path) as connection:
                return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])
        except sqlite3.DatabaseError:
            return None  # `bodies` says what is wrong with the file

    def watch(self, signed: "SignedLeaves", contents: Contents) -> "RowWatch":
        """To be called with every position and body, in order; each is held against the leaf that was signed."""
        return RowWatch(self._stated, signed, contents)


class RowWatch:
    """Soundness of the log, of the columns beside the bytes, and of the contents that the bytes name."""

    def __init__(self, stated: dict[int, Stated], signed: "SignedLeaves", contents: Contents) -> None:
        self._stated, self._signed, self._contents = stated, signed, contents
        self._sound = Soundness()

    def __call__(self, position: int, body: bytes) -> str | None:
        """What is wrong with that row, None if nothing is."""
        stated = self._stated.pop(position)
        if (leaf := self._signed.at(position)) is not None and leaf != leaf_hash(body):
            return "the bytes are not those that were signed at this position"
        try:
            event = parse(body)
        except MalformedEvent as error:
            return _misplaced(position, body, stated) or f"not an event: {error}"
        return (
            _misplaced(position, body, stated)
            or _mismatch(event, stated)
            or self._sound.of(event)
            or self._contents(position, body)
        )


class SignedLeaves:
    """The leaf hashes in a log's tiles: with them a fault in the rows has an exact place.

    The tiles prove themselves elsewhere; one that can't be read places nothing here.
    """

    def __init__(self, tiles: TileStore) -> None:
        self._tiles = tiles
        self._size = _size(tiles)
        self._loaded: tuple[int, list[bytes]] = (-1, [])

    def at(self, position: int) -> bytes | None:
        """The leaf hash at that position; None beyond the signed size, or where its tile can't be read."""
        if position >= self._size:
            return None
        index = position // WIDTH
        if self._loaded[0] != index:
            self._loaded = (index, self._read(index))
        hashes = self._loaded[1]
        return hashes[position % WIDTH] if position % WIDTH < len(hashes) else None

    def _read(self, index: int) -> list[bytes]:
        try:
            return read_hashes(self._tiles, tile_at(0, index, self._size))
        except (Absent, Malformed):
            return []


def _size(tiles: TileStore) -> int:
    try:
        return tiles.size()
    except Malformed:
        return 0


def _misplaced(index: int, body: bytes, stated: Stated) -> str | None:
    if stated[0] != index:
        return f"the row stands at position {stated[0]}"
    if not stated[6]:
        return "the row's body is not kept as bytes"
    if stated[5] != leaf_hash(body):
        return "the row's leaf hash is not that of its bytes"
    return None


def _mismatch(event: Envelope, stated: Stated) -> str | None:
    _, event_id, stream, version, kind, *_ = stated
    if (event.id, event.subject, event.streamversion, event.type) != (str(event_id), stream, version, kind):
        return "the row's columns say something else than its bytes"
    return None
