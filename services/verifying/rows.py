"""The rows of an SQLite store as an auditor reads them: every byte, and that each column says what the bytes say."""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shared.events.envelope import MalformedEvent, parse
from shared.log.soundness import Soundness

_ROWS: Final = "SELECT pos, event_id, stream, ver, type, body, leaf FROM event ORDER BY pos"


class Rows:
    """A store's file, opened for reading only, so that examining it changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stated: dict[int, tuple[int, object, str, int, str, bytes]] = {}

    def bodies(self) -> Iterator[bytes]:
        """The bodies in the order of their positions; what the columns state is remembered until `watch` is asked."""
        connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
        try:
            for index, (position, event_id, stream, version, kind, body, leaf) in enumerate(connection.execute(_ROWS)):
                self._stated[index] = (position, event_id, stream, version, kind, leaf)
                yield body
        finally:
            connection.close()

    def any(self) -> bool:
        """Whether there is a row at all."""
        return next(iter(self.bodies()), None) is not None

    def watch(self) -> "RowWatch":
        """To be called with every position and body, in order."""
        return RowWatch(self._stated)


class RowWatch:
    """Soundness of the log, and of the columns beside the bytes."""

    def __init__(self, stated: dict[int, tuple[int, object, str, int, str, bytes]]) -> None:
        self._stated = stated
        self._sound = Soundness()

    def __call__(self, position: int, body: bytes) -> str | None:
        """What is wrong with that row, None if nothing is."""
        stated = self._stated.pop(position)
        return _mismatch(position, body, stated) or self._sound(position, body)


def _mismatch(index: int, body: bytes, stated: tuple[int, object, str, int, str, bytes]) -> str | None:
    position, event_id, stream, version, kind, leaf = stated
    if position != index:
        return f"the row stands at position {position}"
    if leaf != hashlib.sha256(b"\x00" + body).digest():
        return "the row's leaf hash is not that of its bytes"
    try:
        event = parse(body)
    except MalformedEvent as error:
        return f"not an event: {error}"
    said = (event.id, event.subject, event.streamversion, event.type)
    if said != (str(event_id), stream, version, kind):
        return "the row's columns say something else than its bytes"
    return None
