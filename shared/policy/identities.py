"""Ids of the directory that are one person's: facts keep the ids they were written with, duties compare people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Identities:
    """Which ids belong together; one that was never joined with another stands for itself."""

    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, person: str) -> frozenset[str]:
        """All ids of the person behind one."""
        return self.groups.get(person, frozenset({person}))

    def everybody(self, people: Iterable[str]) -> frozenset[str]:
        """All ids of these people."""
        return frozenset().union(*(self.of(person) for person in people))

    def same(self, one: str, other: str) -> bool:
        """Whether both ids are one person's."""
        return other in self.of(one)

    def joined(self, one: str, other: str) -> "Identities":
        """With these two, and all that either was joined with before, as one person."""
        whole = self.of(one) | self.of(other)
        return Identities({**self.groups, **dict.fromkeys(whole, whole)})
