"""The example's people and systems as they are written down in `cast.yaml` and `portfolio.yaml`."""

from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Any, Final

import msgspec
import yaml

Answers = Mapping[str, str | list[str]]


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody of the organisation: `roles` are granted at the door, `offices` appointed from day to day."""

    id: str
    name: str
    roles: tuple[str, ...]
    offices: tuple[str, ...] = ()
    since: int = 0
    until: int | None = None


class Away(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An office that its holder lends to another between two days."""

    giver: str
    office: str
    receiver: str
    since: int
    until: int


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A material change, and the answers that it changes."""

    summary: str
    own: Answers


class System(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An AI system and how it fares; `by` asks for it on that day, `owner` answers for it."""

    name: str
    about: str
    kind: str
    area: str
    unit: str
    region: str
    owner: str
    by: str
    day: int
    fate: str
    own: Answers = {}
    left_out: tuple[str, ...] = ()
    change: Change | None = None
    into: str | None = None
    found: str | None = None
    recuses: str | None = None
    not_applicable: tuple[str, ...] = ()


class Discovery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An AI system that somebody found in use on that day, and that nobody had registered."""

    name: str
    area: str
    unit: str
    by: str
    day: int
    found_by: str
    found_in: str


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that is written down; what is not, follows from a seed."""

    people: tuple[Person, ...]
    away: tuple[Away, ...]
    kinds: Mapping[str, Answers]
    systems: tuple[System, ...]
    discoveries: tuple[Discovery, ...]

    def answers(self, system: System) -> dict[str, Any]:
        """All that the system's intake answers: its kind's answers under its own."""
        return {**self.kinds[system.kind], **system.own, "summary": system.about}

    def only(self, systems: Collection[str]) -> "Script":
        """The same organisation with these systems alone, and with the discoveries that they explain."""
        kept = tuple(system for system in self.systems if system.name in systems)
        found = {system.found for system in kept}
        discoveries = tuple(one for one in self.discoveries if one.name in found)
        return msgspec.structs.replace(self, systems=kept, discoveries=discoveries)


_FILES: Final = ("cast.yaml", "portfolio.yaml")


def written() -> Script:
    """The script of the example organisation."""
    found: dict[str, Any] = {}
    for name in _FILES:
        found |= yaml.safe_load((files("services.example") / name).read_text(encoding="utf-8"))
    return msgspec.convert(found, Script)
