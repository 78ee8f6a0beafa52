"""The text form of a trust policy (c2sp.org/tlog-policy): `log`, `witness`, `group` and `quorum` lines.

Names are octets, not characters: bytes above 0x7F are carried through as they are (surrogate escapes).
"""

import re

from .encoding import from_decimal
from .failures import Malformed
from .keys import Verifier, read_verifier
from .policy import Group, Party, Policy

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_SPACE = re.compile(r"[ \t]+")


def read_policy(data: bytes) -> Policy:
    """Read a policy file; raises `Malformed` and names the line."""
    found = _FORBIDDEN.search(data)
    if found:
        raise Malformed(f"octet 0x{found[0][0]:02x} is not allowed in a policy")
    reader = _Reader()
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        words = _SPACE.split(line.strip(" \t"))
        if words == [""] or words[0].startswith("#"):
            continue
        try:
            reader.take(words)
        except Malformed as error:
            raise Malformed(f"policy line {number}: {error}") from error
    if reader.quorum is None:
        raise Malformed("a policy has exactly one quorum line")
    return Policy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)


def write_policy(policy: Policy) -> bytes:
    """The policy as a file, thresholds as numbers."""
    lines = [f"log {party.key.text} {party.url}".rstrip() for party in policy.logs]
    lines += [f"witness {name} {party.key.text} {party.url}".rstrip() for name, party in policy.witnesses.items()]
    lines += [f"group {name} {each.threshold} {' '.join(each.members)}" for name, each in policy.groups.items()]
    lines.append(f"quorum {policy.quorum}")
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


class _Reader:
    """Definitions in the order of their lines; a name is known only from its line on."""

    def __init__(self) -> None:
        self.logs: list[Party] = []
        self.witnesses: dict[str, Party] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", key, *url] if len(url) < 2:
                self.logs.append(Party(_key(key), *url))
            case ["witness", name, key, *url] if len(url) < 2:
                self._free(name)
                self.witnesses[name] = Party(_key(key), *url)
            case ["group", name, threshold, *members] if members:
                self._free(name)
                self.groups[name] = Group(_threshold(threshold, len(members)), tuple(members))
                for member in members:
                    self._known(member, name)
            case ["quorum", name]:
                self._settle(name)
            case _:
                raise Malformed(f"not a line of a policy: {' '.join(words)[:120]!r}")

    def _free(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise Malformed(f"the name {name!r} is taken")

    def _known(self, member: str, but: str) -> None:
        if member == but or (member not in self.witnesses and member not in self.groups):
            raise Malformed(f"{member!r} is not defined before it is used")

    def _settle(self, name: str) -> None:
        if self.quorum is not None:
            raise Malformed("a policy has exactly one quorum line")
        if name != "none":
            self._known(name, "")
        self.quorum = name


def _key(text: str) -> Verifier:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Malformed("a key's name is UTF-8") from error
    return read_verifier(text)


def _threshold(text: str, members: int) -> int:
    return {"any": 1, "all": members}.get(text) or from_decimal(text)
