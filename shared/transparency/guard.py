"""The rollback guard: what a log is in the eyes of someone who remembers one of its heads.

A log alone can't notice that its folder was replaced by an older copy: all of it still agrees with itself. Whoever
remembers a head (a witness, an auditor, another table) notices. A log that is behind or forked must not sign again.
"""

from enum import StrEnum

from .checkpoint import Checkpoint
from .failures import Forked, RolledBack
from .tree_reader import TreeReader


class Stance(StrEnum):
    """Where a log stands, seen from a remembered head."""

    AHEAD = "ahead"
    EQUAL = "equal"
    BEHIND = "behind"
    FORK = "fork"


def stance(log: TreeReader, remembered: Checkpoint | None) -> Stance:
    """Compare the log with a remembered head of the same origin; None remembers nothing, as of an empty log.

    BEHIND is told by size alone: entries that are gone can't show whether the rest is still the same.
    """
    if remembered is None:
        return Stance.AHEAD if log.size else Stance.EQUAL
    if remembered.size > log.size:
        return Stance.BEHIND
    if log.root_at(remembered.size) != remembered.root:
        return Stance.FORK
    return Stance.AHEAD if log.size > remembered.size else Stance.EQUAL


def insist(log: TreeReader, remembered: Checkpoint) -> None:
    """Raise `RolledBack` or `Forked` unless the log continues the remembered head."""
    match stance(log, remembered):
        case Stance.BEHIND:
            raise RolledBack(f"{remembered.origin} has size {log.size}, and was seen with {remembered.size}")
        case Stance.FORK:
            raise Forked(f"{remembered.origin} has another history than it had at size {remembered.size}")
        case Stance.AHEAD | Stance.EQUAL:
            return
