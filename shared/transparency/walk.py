"""The walk over a log's entries in order: hashing each, and comparing the tree with every known head."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from .checkpoint import Checkpoint
from .hashes import leaf_hashes
from .report import Problem
from .tiles import WIDTH
from .tree import Frontier

Watch = Callable[[int, bytes], str | None]
"""Sees an entry's position and bytes; answers what is wrong with it, or None."""

MAX_PROBLEMS: Final = 100
"""Faults that are written down; of a log that is bad throughout, the first hundred say enough."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A root that the log must have had at a size, and who says so."""

    label: str
    size: int
    root: bytes


class Walk:
    """What every walk does: grow the tree from the entries, compare it with the marks on the way, note the faults."""

    def __init__(self, claimed: Checkpoint, marks: Iterable[Mark], watch: Watch | None) -> None:
        self.checked = 0
        self.problems: list[Problem] = []
        self.passed: list[str] = []
        self._claimed = claimed
        self._marks = sorted(marks, key=lambda mark: mark.size)
        self._watch = watch
        self._tree = Frontier()
        self._sound = 0

    def run(self) -> None:
        """Walk to the size that the checkpoint claims."""
        raise NotImplementedError

    def _found(self, problem: Problem) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def _see(self, first: int, entries: Sequence[bytes]) -> None:
        self.checked += len(entries)
        if self._watch is None:
            return
        for position, entry in enumerate(entries, first):
            reason = self._watch(position, entry)
            if reason is not None:
                self._found(Problem(reason, position, position))

    def _grow(self, leaves: Sequence[bytes]) -> Iterator[tuple[int, int, list[bytes]]]:
        """Add leaf hashes, halting at each mark; yields the tiles that fill."""
        self._compare_marks()
        while leaves:
            room = len(leaves) if not self._marks else min(len(leaves), self._marks[0].size - self._tree.size)
            yield from self._tree.extend(leaves[:room])
            leaves = leaves[room:]
            self._compare_marks()

    def _compare_marks(self) -> None:
        while self._marks and self._marks[0].size == self._tree.size:
            mark = self._marks.pop(0)
            if self._tree.root() == mark.root:
                self.passed.append(mark.label)
                self._sound = mark.size
            else:
                reason = f"the first {mark.size} entries are not those that {mark.label} saw"
                self._found(Problem(reason, self._sound, mark.size - 1))

    def _end(self) -> None:
        self._compare_marks()
        if self._tree.size == self._claimed.size and self._tree.root() != self._claimed.root:
            reason = "the entries do not have the root that the checkpoint claims"
            self._found(Problem(reason, min(self._sound, self._claimed.size - 1), self._claimed.size - 1))


class EntryWalk(Walk):
    """Entries alone, in order."""

    def __init__(
        self, entries: Iterable[bytes], claimed: Checkpoint, marks: Iterable[Mark], watch: Watch | None
    ) -> None:
        super().__init__(claimed, marks, watch)
        self._entries = entries

    def run(self) -> None:
        """Walk to the size that the checkpoint claims."""
        rest = islice(self._entries, self._claimed.size)
        while bundle := list(islice(rest, WIDTH)):
            self._see(self._tree.size, bundle)
            for _ in self._grow(leaf_hashes(bundle)):
                continue
        if self._tree.size < self._claimed.size:
            self._found(Problem("entries are missing from here on", self._tree.size, self._claimed.size - 1))
        self._end()
