"""The one hand that extends a log: entries to tiles, tiles to the disk, and only then a signature.

A head once published binds for ever, so before signing, the new tree is proven to continue the last published one from
what was really written. SIGKILL at any point leaves the last published head with all that it covers.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType

from . import note
from .checkpoint import Checkpoint, Head, open_checkpoint, sign
from .failures import Absent, Forked, Unproven
from .guard import insist
from .hashes import leaf_hashes
from .keys import SigningKey, Verifier
from .log_state import LogState, stored_head, stored_state
from .proofs import verify_consistency
from .tile_source import VKEY
from .tile_store import TileStore
from .tiles import WIDTH, Tile, encode_bundle, open_tiles
from .tree import Frontier
from .tree_reader import TreeReader

LOCK = ".lock"


class LogWriter:
    """A log open for writing: one at a time per folder, held by a lock that dies with the process.

    `keys` are the log's signing keys; all carry the origin as their name. During a rotation both sign, and the old one
    leaves when every policy knows the new one. Not for use by two threads at once.
    """

    def __init__(self, store: TileStore, keys: Sequence[SigningKey], known: Iterable[Checkpoint] = ()) -> None:
        """Open or begin the log in the store's folder.

        `known` are heads remembered elsewhere (a witness's latest, the last head in a table). Raises `BlockingIOError`
        when another writer holds the folder, `RolledBack` or `Forked` when the folder does not continue a known head,
        and what `stored_state` raises.
        """
        if not keys or len({key.name for key in keys}) != 1:
            raise ValueError("a log signs by at least one key, and all carry its origin as their name")
        self.origin = keys[0].name
        self._keys = tuple(keys)
        self._verifiers = [key.verifier for key in keys]
        self._store = store
        store.begin()
        self._lock = _Lock(store.folder)
        self._sound = True
        try:
            self._state = stored_state(store, self._verifiers)
            self._remember(known)
            self._put_keys()
        except BaseException:
            self._lock.release()
            raise

    @property
    def head(self) -> Head | None:
        """The last published head; None before the first `append`."""
        return self._state.head

    @property
    def size(self) -> int:
        """How many entries the log has: the position of the next one."""
        return self._state.tree.size

    def append(self, entries: Iterable[bytes]) -> Head:
        """Add entries, in order, and publish the head that covers them; without entries, make sure that one stands.

        After an exception the folder holds either the old head or the new, whole: open a new writer to go on. Raises
        `Malformed` for an entry above 65,535 bytes, `OSError` from the disk, `Forked` when another hand wrote here.
        """
        with self._unsound_unless_done():
            before = self._state
            after = self._written(before, entries)
            head = before.head
            if head is None or after.tree.size > before.tree.size or not self._signed_by_all(head):
                self._write_open(before, after)
                head = self._publish(after.tree)
                self._store.drop_superseded(before.tree.size, after.tree.size)
            self._state = LogState(head, after.tree, after.opened)
        return head

    def attach(self, lines: bytes, witnesses: Iterable[Verifier]) -> Head:
        """Add witnesses' cosignatures of the present head to it and publish it so; unknown ones are left out.

        Raises `Unproven` if no line is of a given witness, or if one of theirs is bad; `Malformed` for other text.
        """
        if self._state.head is None:
            raise Unproven("there is no head yet that a witness could have cosigned")
        signed = _with_signatures(self._state.head, lines, list(witnesses))
        with self._unsound_unless_done():
            self._store.publish(signed)
            head = open_checkpoint(signed, self._verifiers)
            self._state = LogState(head, self._state.tree, self._state.opened)
        return head

    def tree(self) -> TreeReader:
        """The published tree, for proofs."""
        return TreeReader(self._store, self.size)

    def close(self) -> None:
        """Let go of the folder."""
        self._sound = False
        self._lock.release()

    def __enter__(self) -> "LogWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _remember(self, known: Iterable[Checkpoint]) -> None:
        for remembered in known:
            if remembered.origin != self.origin:
                raise ValueError(f"a head of {remembered.origin} says nothing about {self.origin}")
            insist(self.tree(), remembered)

    def _put_keys(self) -> None:
        vkeys = "".join(f"{each.text}\n" for each in self._verifiers).encode()
        try:
            if self._store.read(VKEY) == vkeys:
                return
        except Absent:
            pass  # a new folder
        self._store.put_keys(vkeys.decode().splitlines())

    def _signed_by_all(self, head: Head) -> bool:
        return all(head.opened.by(each) for each in self._verifiers)

    def _written(self, before: LogState, entries: Iterable[bytes]) -> LogState:
        """Write every tile and bundle that fills; what remains open is in the answer."""
        tree, opened = before.tree.copy(), list(before.opened)
        for bundle, fresh in _bundles(opened, entries):
            for level, index, hashes in tree.extend(leaf_hashes(fresh)):
                self._store.put(Tile(level, index), b"".join(hashes))
            if len(bundle) == WIDTH:
                self._store.put(Tile(None, tree.size // WIDTH - 1), encode_bundle(bundle))
            opened = bundle if len(bundle) < WIDTH else []
        return LogState(None, tree, tuple(opened))

    def _write_open(self, before: LogState, after: LogState) -> None:
        stored = set(open_tiles(before.tree.size))
        for tile in open_tiles(after.tree.size):
            if tile not in stored:
                open_end = encode_bundle(after.opened) if tile.level is None else after.tree.open_tile(tile.level)
                self._store.put(tile, open_end)
        self._store.settle()

    def _publish(self, tree: Frontier) -> Head:
        last = stored_head(self._store, self._verifiers)
        if (last and last.signed) != (self._state.head and self._state.head.signed):
            raise Forked(f"the checkpoint of {self.origin} was replaced by another hand")
        new = Checkpoint(self.origin, tree.size, tree.root())
        written = TreeReader(self._store, new.size)
        if written.root_at(new.size) != new.root:
            raise Forked(f"what was written of {self.origin} is not what was meant")
        if last is not None and last.checkpoint.size:
            old = last.checkpoint
            verify_consistency(old.size, new.size, old.root, new.root, written.consistency(old.size))
        signed = sign(new, self._keys)
        self._store.publish(signed)
        return open_checkpoint(signed, self._verifiers)

    @contextmanager
    def _unsound_unless_done(self) -> Iterator[None]:
        if not self._sound:
            raise ValueError("this writer was closed or has failed: open a new one")
        self._sound = False
        yield
        self._sound = True


class _Lock:
    """The folder's writing lock. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._descriptor: int | None = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _bundles(opened: list[bytes], entries: Iterable[bytes]) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """Each bundle with those of its entries that are new: first the open one filled up; the last may be short."""
    rest = iter(entries)
    while fresh := list(islice(rest, WIDTH - len(opened))):
        yield [*opened, *fresh], fresh
        opened = []


def _with_signatures(head: Head, lines: bytes, witnesses: Sequence[Verifier]) -> bytes:
    text = head.checkpoint.text
    new = note.opened(note.Note(text, note.parse_signatures(lines.decode())), witnesses)
    fresh = {(line.name, line.key_id): line for _, line in new.signed}
    kept = [each for each in note.parse(head.signed).signatures if (each.name, each.key_id) not in fresh]
    return note.Note(text, (*kept, *fresh.values())).render()
