"""The services' transparency logs, examined with nothing but public keys: what grew, or all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from shared.transparency.checkpoint import Checkpoint, peek
from shared.transparency.failures import Absent, Malformed, Unproven
from shared.transparency.hashes import leaf_hashes
from shared.transparency.keys import read_verifier
from shared.transparency.policy import Party, Policy
from shared.transparency.policy_text import read_policy
from shared.transparency.tile_source import CHECKPOINT, VKEY, TileSource, read_entries
from shared.transparency.tiles import WIDTH, tile_at
from shared.transparency.tree import Frontier, frontier_at
from shared.transparency.verify import verify_log

_log = structlog.get_logger()

PolicyOf = Callable[[str], Policy | None]
"""The auditor's policy for a log's origin, None where there is none: then the log's own keys only prove consistency."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A head that was found intact: its origin, size and root (hex), and the checkpoint that says so."""

    origin: str
    size: int
    root: str
    signed: bytes

    @classmethod
    def of(cls, checkpoint: Checkpoint, signed: bytes) -> "Remembered":
        """The head in a checkpoint."""
        return cls(checkpoint.origin, checkpoint.size, checkpoint.root.hex(), signed)


@dataclass(frozen=True, slots=True)
class Finding:
    """What an examination found. `first_bad` is the first entry that may be bad, where it can be told."""

    head: Remembered
    whole: bool
    reason: str = ""
    first_bad: int | None = None

    @property
    def failed(self) -> bool:
        """Whether something is wrong."""
        return bool(self.reason)

    def broken(self, first_bad: int | None, reason: str) -> "Finding":
        """The same, but something is wrong."""
        return replace(self, reason=reason, first_bad=first_bad)


def policies_in(folder: Path | None) -> PolicyOf:
    """The policy files of a folder outside the data folder, looked up by the origin that a log claims.

    A file that can't be read is no log's fault: it is passed over, and the process's own log says so once.
    """
    said: dict[Path, str] = {}

    def policy_of(origin: str) -> Policy | None:
        for path in sorted(folder.glob("*.policy")) if folder is not None else ():
            try:
                policy = read_policy(path.read_bytes())
            except (Malformed, OSError) as error:
                if said.get(path) != str(error):
                    _log.warning("a policy file can't be read and is not used", path=str(path), reason=str(error))
                    said[path] = str(error)
                continue
            said.pop(path, None)
            if any(party.key.name == origin for party in policy.logs):
                return policy
        return None

    return policy_of


def examine_whole(
    source: TileSource, policy_of: PolicyOf, known: Remembered | None, published: bytes | None
) -> Finding | None:
    """Verify every entry and tile, against what was found intact before and the head that the event log holds.

    None where nothing was signed yet.
    """
    try:
        signed = source.read(CHECKPOINT)
        head = Remembered.of(peek(signed), signed)
    except Absent:
        return None
    except Malformed as error:
        return Finding(known or Remembered("", 0, "", b""), True, f"the checkpoint: {error}")
    heads = [("the head verified last", known.signed)] if known else []
    heads += [("the head in the event log", published)] if published else []
    report = verify_log(_At(source, signed), policy_of(head.origin), heads)
    worst = report.first_bad
    finding = Finding(head, True)
    return finding if worst is None else finding.broken(worst.position, worst.reason)


def examine_growth(source: TileSource, policy_of: PolicyOf, known: Remembered) -> Finding | None:
    """Prove that the log is what was found intact, and after it exactly the entries that it holds now.

    None where nothing was added.
    """
    try:
        signed = source.read(CHECKPOINT)
        if signed == known.signed:
            return None
        now = _judged(source, policy_of, signed)
        head = Remembered.of(now, signed)
        if now.origin != known.origin:
            return Finding(known, False, f"another log stands in its place: {now.origin}")
        if now.size < known.size:
            return Finding(
                known, False, f"rolled back: {known.size} entries were verified, {now.size} are there", now.size
            )
        tree = frontier_at(source, known.size)
        if tree.root().hex() != known.root:
            return Finding(known, False, f"the first {known.size} entries are not those that were verified")
        _grow(tree, source, now.size)
    except (Absent, Malformed, Unproven) as error:
        return Finding(known, False, str(error))
    if tree.root() != now.root:
        return Finding(head, False, "the new entries do not have the root that was signed", known.size)
    return Finding(head, False)


class _At:
    """A source whose checkpoint stays the one that was read: the log may grow while it is walked."""

    def __init__(self, source: TileSource, signed: bytes) -> None:
        self._source, self._signed = source, signed

    def read(self, path: str) -> bytes:
        """As `TileSource.read`."""
        return self._signed if path == CHECKPOINT else self._source.read(path)


def _judged(source: TileSource, policy_of: PolicyOf, signed: bytes) -> Checkpoint:
    policy = policy_of(peek(signed).origin)
    if policy is None:
        own = [read_verifier(line) for line in source.read(VKEY).decode().splitlines()]
        policy = Policy(tuple(Party(key) for key in dict.fromkeys(own)))
    return policy.check(signed).head.checkpoint


def _grow(tree: Frontier, source: TileSource, size: int) -> None:
    while tree.size < size:
        bundle = tile_at(None, tree.size // WIDTH, size)
        entries: Sequence[bytes] = read_entries(source, bundle)[tree.size % WIDTH :]
        tree.extend(leaf_hashes(entries))
