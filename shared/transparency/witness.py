"""A witness (c2sp.org/tlog-witness): remembers the last head of each log it knows and cosigns only what continues it.

It is worth its name in another trust domain than the log: another process, another folder, another hand.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from . import note
from .checkpoint import Checkpoint, Head, open_checkpoint, peek
from .disk import Batch, Disk, make_lasting
from .failures import Malformed, Unproven
from .keys import WITNESS, SigningKey, Verifier
from .proofs import verify_consistency
from .witness_protocol import SIZE_TYPE, TEXT_TYPE, AddCheckpoint, Answer, parse_add_checkpoint

MAX_FILE_NAME = 200


class Witness:
    """A witness on a folder with one file per origin: the last head it cosigned, with its cosignature.

    Several threads and processes may share the folder: a check and what it leads to hold the origin's lock, and the
    new head is on the disk before the answer is given. `logs` are the keys believed per origin; `clock` gives POSIX
    seconds.
    """

    def __init__(
        self,
        folder: Path,
        key: SigningKey,
        logs: Mapping[str, Sequence[Verifier]],
        clock: Callable[[], int],
        disk: Disk | None = None,
    ) -> None:
        if key.kind != WITNESS:
            raise ValueError("a witness has a cosigner's key")
        self._folder = folder
        self._key = key
        self._logs = logs
        self._clock = clock
        self._disk = disk or Disk()

    @property
    def verifier(self) -> Verifier:
        """The key by which others know this witness."""
        return self._key.verifier

    def latest(self, origin: str) -> bytes | None:
        """The last checkpoint of that log which it cosigned, with the cosignature; None before the first."""
        return last_seen(self._folder, origin)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request as tlog-witness says.

        404 unknown origin; 403 no trusted signature, or a bad one; 400 not a request, or old size above the new;
        409 and the remembered size when old is not that; 422 when the proof fails, is not empty from 0, or the root
        differs at the same size; 200 and the cosignature line.
        """
        try:
            request = parse_add_checkpoint(body)
            claimed = peek(request.signed)
        except Malformed as error:
            return _refuse(400, error)
        if claimed.origin not in self._logs:
            return _refuse(404, f"no log {claimed.origin!r} is known here")
        try:
            head = open_checkpoint(request.signed, self._logs[claimed.origin])
        except Unproven as error:
            return _refuse(403, error)
        if request.old > claimed.size:
            return _refuse(400, "the old size is above the new")
        with self._only_one(claimed.origin):
            return self._check_and_store(request, head)

    def _check_and_store(self, request: AddCheckpoint, head: Head) -> Answer:
        stored = self.latest(head.checkpoint.origin)
        last = None if stored is None else peek(stored)
        known = 0 if last is None else last.size
        if request.old != known:
            return 409, SIZE_TYPE, b"%d\n" % known
        try:
            _continues(last, head.checkpoint, request.proof)
        except Unproven as error:
            return _refuse(422, error)
        return 200, TEXT_TYPE, self._cosign(head)

    def _cosign(self, head: Head) -> bytes:
        text = head.checkpoint.text
        line = note.Signature(self._key.name, self._key.verifier.id, self._key.cosign(text, self._clock()))
        logs_own = tuple(signature for _, signature in head.opened.signed)
        file = Batch(self._disk, self._folder, self._folder / f".{_file_name(head.checkpoint.origin)}.new")
        file.put(_file_name(head.checkpoint.origin), note.Note(text, (*logs_own, line)).render())
        file.settle()
        return line.line.encode()

    @contextmanager
    def _only_one(self, origin: str) -> Iterator[None]:
        make_lasting(self._disk, self._folder)
        descriptor = os.open(self._folder / f".{_file_name(origin)}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def last_seen(folder: Path, origin: str) -> bytes | None:
    """The last checkpoint of that log which a witness on this folder cosigned; None before the first.

    An auditor who is given the folder needs no key to read it, and a policy to believe it.
    """
    try:
        return (folder / _file_name(origin)).read_bytes()
    except FileNotFoundError:
        return None


def _continues(last: Checkpoint | None, new: Checkpoint, proof: Sequence[bytes]) -> None:
    if last is not None and last.size:
        verify_consistency(last.size, new.size, last.root, new.root, proof)
    elif proof:
        raise Unproven("nothing is to be proven from size 0")


def _file_name(origin: str) -> str:
    name = quote(origin, safe="") + ".checkpoint"
    if len(name) > MAX_FILE_NAME:
        raise ValueError(f"the origin is too long for a file name: {origin[:80]!r}")
    return name


def _refuse(status: int, reason: object) -> Answer:
    return status, TEXT_TYPE, f"{reason}\n".encode()
