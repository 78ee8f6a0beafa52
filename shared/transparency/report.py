"""What a verification found: every fault with the place where it can be told, and what the answer rests on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

KeySource = Literal["policy", "source"]
NAMED: Final = 3
"""Heads that an answer in words names; a topic may hold one for every second of years."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault. `position` is the first entry that may be bad and `through` the last; both None without a place."""

    reason: str
    position: int | None = None
    through: int | None = None

    @property
    def exact(self) -> bool:
        """Whether one single entry is named."""
        return self.position is not None and self.position == self.through


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome for one log. `size` and `root` are what its checkpoint claims; `ok` says that all of it held."""

    origin: str
    size: int
    root: bytes
    key_source: KeySource
    checked: int
    """Entries that were hashed."""
    quorum: bool | None
    """Whether enough witnesses cosigned; None without a policy, or with one that asks for none."""
    cosigned: Mapping[str, int] = field(default_factory=dict)
    """The policy's witnesses that cosigned, each with its POSIX seconds."""
    compared: tuple[str, ...] = ()
    """The remembered heads with which the log was found consistent, by their labels."""
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def first_bad(self) -> Problem | None:
        """The problem at the lowest position, or the first that has no place; None when nothing is wrong."""
        placed = [each for each in self.problems if each.position is not None]
        if placed:
            return min(placed, key=lambda each: (each.position, each.through))
        return self.problems[0] if self.problems else None

    @property
    def basis(self) -> str:
        """In words, what the answer rests on: an honest report says what it could not know."""
        if self.key_source == "source":
            key = "key taken from the source: proves consistency only"
        else:
            key = "keys taken from the policy"
        if len(self.compared) > NAMED:
            first, *between, last = self.compared
            return f"{key}; continues {first}, {len(between)} more, and {last}"
        if self.compared:
            return f"{key}; continues {', '.join(self.compared)}"
        return f"{key}; no earlier head was held against it, so a rollback or a fork would not show"


def essential(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Leave out what only repeats a narrower fault: a bad entry also spoils its tile's parent and the root above."""
    kept: list[Problem] = []
    for problem in sorted(problems, key=_width):
        if not any(_explains(narrower, problem) for narrower in kept):
            kept.append(problem)
    return tuple(sorted(kept, key=lambda each: (each.position is None, each.position or 0)))


def _width(problem: Problem) -> float:
    if problem.position is None or problem.through is None:
        return float("inf")
    return problem.through - problem.position


def _explains(narrower: Problem, problem: Problem) -> bool:
    if narrower.position is None or problem.position is None or narrower.through is None or problem.through is None:
        return False
    inside = problem.position <= narrower.position and narrower.through <= problem.through
    return inside and _width(narrower) < _width(problem)
