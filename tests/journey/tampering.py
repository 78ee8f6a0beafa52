"""Ways to falsify a data folder, as somebody with every right on the machine could."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from shared.runtime.settings import Settings
from shared.transparency.keys import SigningKey, read_key_file
from shared.transparency.log_writer import LogWriter
from shared.transparency.tile_store import TileStore

SERVICE = "intake"
Falsify = Callable[[Path, int], None]


@contextmanager
def rows(folder: Path, service: str = SERVICE) -> Iterator[sqlite3.Connection]:
    """The store's rows without the triggers that refuse changes."""
    with closing(sqlite3.connect(folder / service / "events.db")) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        yield connection
        connection.commit()


def size(folder: Path) -> int:
    """How many facts the log holds."""
    with closing(sqlite3.connect(folder / SERVICE / "events.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])


def flip(folder: Path, position: int) -> None:
    """Change one byte of a fact, and the leaf hash beside it to match."""
    with rows(folder) as connection:
        (body,) = connection.execute("SELECT body FROM event WHERE pos = ?", (position,)).fetchone()
        changed = _reworded(bytes(body))
        _replace(connection, position, changed)


def flip_behind_its_leaf(folder: Path, position: int) -> None:
    """Change one byte of a fact and leave the leaf hash beside it as it was: roots alone do not show it."""
    with rows(folder) as connection:
        (body,) = connection.execute("SELECT body FROM event WHERE pos = ?", (position,)).fetchone()
        connection.execute("UPDATE event SET body = ? WHERE pos = ?", (_reworded(bytes(body)), position))


def delete(folder: Path, position: int) -> None:
    """Take a fact out and close the gap."""
    with rows(folder) as connection:
        connection.execute("DELETE FROM event WHERE pos = ?", (position,))
        connection.execute("UPDATE event SET pos = -pos WHERE pos > ?", (position,))
        connection.execute("UPDATE event SET pos = -pos - 1 WHERE pos < 0")


def insert(folder: Path, position: int) -> None:
    """Put a fact in that never happened."""
    with rows(folder) as connection:
        connection.execute("UPDATE event SET pos = -pos WHERE pos >= ?", (position,))
        connection.execute("UPDATE event SET pos = -pos + 1 WHERE pos < 0")
        columns = [row[1] for row in connection.execute("PRAGMA table_info(event)")]
        row = dict(zip(columns, connection.execute("SELECT * FROM event WHERE pos = 0").fetchone(), strict=True))
        event = json.loads(row["body"]) | {"id": "00000000-0000-4000-8000-00000000feed", "subject": "system/invented"}
        body = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        row |= {"pos": position, "event_id": event["id"], "stream": event["subject"], "body": body, "leaf": _leaf(body)}
        marks = ", ".join("?" for _ in columns)
        connection.execute(f"INSERT INTO event VALUES ({marks})", [row[name] for name in columns])


def swap(folder: Path, position: int) -> None:
    """Let two facts change places."""
    with rows(folder) as connection:
        connection.execute("UPDATE event SET pos = -1 WHERE pos = ?", (position,))
        connection.execute("UPDATE event SET pos = ? WHERE pos = ?", (position, position + 1))
        connection.execute("UPDATE event SET pos = ? WHERE pos = -1", (position + 1,))


def truncate(folder: Path, position: int) -> None:
    """Cut the end off and sign what is left with the log's own key."""
    with rows(folder) as connection:
        connection.execute("DELETE FROM event WHERE pos >= ?", (position,))
    sign_anew(folder, _key(folder))


def rewrite(folder: Path, position: int) -> None:
    """Change a fact and sign the whole log again with its own, stolen, key."""
    flip(folder, position)
    sign_anew(folder, _key(folder))


def rewrite_with_a_new_key(folder: Path, position: int) -> None:
    """Change a fact and sign the whole log with a key of the forger's."""
    flip(folder, position)
    key = _key(folder)
    sign_anew(folder, SigningKey(key.name, key.kind, bytes(range(32))))


def sign_anew(folder: Path, key: SigningKey) -> None:
    """Make checkpoint and tiles from the rows as they are now."""
    tiles = Settings(data=folder).path("tiles_folder") / SERVICE
    shutil.rmtree(tiles)
    with closing(sqlite3.connect(folder / SERVICE / "events.db")) as connection:
        bodies = [bytes(body) for (body,) in connection.execute("SELECT body FROM event ORDER BY pos")]
    with LogWriter(TileStore(tiles), [key]) as writer:
        writer.append(bodies)


def _key(folder: Path) -> SigningKey:
    return read_key_file(Settings(data=folder).path("signing_keys_folder") / f"{SERVICE}.key")


def _reworded(body: bytes) -> bytes:
    """The same event with one character changed: still JSON, still an event of ours."""
    mark = b'"correlationid":"'
    place = body.index(mark) + len(mark)
    other = b"0" if body[place : place + 1] != b"0" else b"1"
    return body[:place] + other + body[place + 1 :]


def _replace(connection: sqlite3.Connection, position: int, body: bytes) -> None:
    connection.execute("UPDATE event SET body = ?, leaf = ? WHERE pos = ?", (body, _leaf(body), position))


def _leaf(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()
