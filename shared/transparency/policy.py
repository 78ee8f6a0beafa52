"""Trust policies (c2sp.org/tlog-policy): which logs and witnesses an auditor believes, and how many are enough.

The policy comes from outside the log under test; keys taken from the log itself prove only that it agrees with itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .checkpoint import Head, open_checkpoint
from .cosignature import split
from .failures import Malformed
from .keys import WITNESS, Verifier

NONE: Final = "none"
"""The quorum that asks for no witness."""


@dataclass(frozen=True, slots=True)
class Party:
    """A log or a witness: its key, and a URL for those who talk to it."""

    key: Verifier
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """At least `threshold` of the members, witnesses or earlier groups, must have seen a checkpoint."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says of a checkpoint that a trusted log signed."""

    head: Head
    cosigned: Mapping[str, int]
    """The policy's names of the witnesses that cosigned, each with the POSIX seconds at which it did."""
    quorum: bool
    """Whether those witnesses are enough."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses by name, groups by name in order of definition, and the name that must have seen a checkpoint.

    Built by hand or by `policy_text.read_policy`; `Malformed` if names or keys clash, or refer to nothing defined.
    """

    logs: tuple[Party, ...]
    witnesses: Mapping[str, Party] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE

    def __post_init__(self) -> None:
        _one_word(
            *self.witnesses, *self.groups, *(each.url for each in (*self.logs, *self.witnesses.values()) if each.url)
        )
        _distinct_keys("log", self.logs)
        _distinct_keys("witness", tuple(self.witnesses.values()))
        for name, witness in self.witnesses.items():
            if witness.key.kind != WITNESS:
                raise Malformed(f"the key of witness {name!r} is not a cosigner's")
        _well_named(self.witnesses, self.groups)
        if self.quorum != NONE and self.quorum not in {*self.witnesses, *self.groups}:
            raise Malformed(f"the quorum {self.quorum!r} is not defined")

    def check(self, signed: bytes) -> Verdict:
        """Weigh a signed checkpoint; raises `Malformed`, or `Unproven` without a good signature of a listed log."""
        witness_keys = [each.key for each in self.witnesses.values()]
        head = open_checkpoint(signed, [each.key for each in self.logs], witness_keys)
        cosigned: dict[str, int] = {}
        for name, witness in self.witnesses.items():
            signature = head.opened.by(witness.key)
            if signature is not None:
                cosigned[name], _ = split(signature.blob)
        return Verdict(head, cosigned, self._satisfied(self.quorum, cosigned))

    def _satisfied(self, name: str, cosigned: Mapping[str, int]) -> bool:
        if name == NONE:
            return True
        group = self.groups.get(name)
        if group is None:
            return name in cosigned
        return sum(self._satisfied(member, cosigned) for member in group.members) >= group.threshold


def _one_word(*words: str) -> None:
    for word in words:
        if not word or any(each <= " " or each == "\x7f" for each in word):
            raise Malformed(f"a name or URL is one word without control characters: {word!r}")


def _distinct_keys(what: str, parties: tuple[Party, ...]) -> None:
    keys = [party.key.public for party in parties]
    if len(set(keys)) != len(keys):
        raise Malformed(f"two {what} lines have the same public key")


def _well_named(witnesses: Mapping[str, Party], groups: Mapping[str, Group]) -> None:
    """Members are defined before and listed once, so that no witness counts twice and no group contains itself."""
    if NONE in witnesses or NONE in groups or set(witnesses) & set(groups):
        raise Malformed("a name is reserved or defined twice")
    defined, listed = set(witnesses), set[str]()
    for name, group in groups.items():
        for member in group.members:
            if member not in defined:
                raise Malformed(f"{member!r} in group {name!r} is not defined before it")
            if member in listed:
                raise Malformed(f"{member!r} is a member more than once")
            listed.add(member)
        if not 1 <= group.threshold <= len(group.members):
            raise Malformed(f"group {name!r} asks for {group.threshold} of {len(group.members)}")
        defined.add(name)
