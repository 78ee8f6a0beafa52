"""The embedded run's people and roles: a YAML file in the data folder, read again when it changes (DESIGN 15).

people:
  - subject: operator
    name: Operator
    email: operator@example.org         # may be left out
    grants: [administrator, requester]  # see `shared.runtime.grants`
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from shared.runtime.grants import Disciplines, Known, MappingError, grants_in, read_yaml
from shared.runtime.key_files import write_secret
from shared.runtime.principals import REVIEWER, ROLES, Grant

FIRST: Final = f"""\
# Who may do what on this installation. Changes count at once. Administrators run it and decide nothing.
# Roles: {", ".join(sorted(ROLES))}, {REVIEWER}DISCIPLINE.
people:
  - subject: operator
    name: Operator
    grants: [administrator, requester]
"""
log = structlog.get_logger(__name__)
_FIELDS: Final = frozenset({"subject", "name", "email", "grants"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of the file."""

    subject: str
    name: str | None
    email: str | None
    grants: tuple[Grant, ...]


class PeopleFile:
    """The people of a data folder; a folder without the file begins with the operator alone."""

    def __init__(self, path: Path, disciplines: Disciplines = None) -> None:
        """Raises `MappingError` when the file can't be used."""
        self._path, self._disciplines = path, disciplines
        if not path.exists():
            write_secret(path, FIRST)
        self._seen = self._state()
        self._people = _read(path, disciplines)

    def people(self) -> Mapping[str, Entry]:
        """Everyone by subject. While the file can't be used, as it is for a moment to some editors, those stay who
        stood in it last."""
        if (state := self._state()) != self._seen:
            self._seen = state  # also of a file with a mistake: it is told once, and not read again on every request
            try:
                self._people = _read(self._path, self._disciplines)
            except MappingError as error:
                log.error("the people file can't be used, what it said before still counts", reason=str(error))
        return self._people

    def _state(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def grants_of(self, subject: str, claims: Mapping[str, Any]) -> tuple[Grant, ...]:
        """See `Roster`; the token only says who it is. Whoever left the file has no grants."""
        entry = self.people().get(subject)
        return () if entry is None else entry.grants

    def named(self, subject: str, claims: Mapping[str, Any]) -> Known:
        """See `Roster`; whoever wrote the file vouches for its addresses."""
        entry = self.people().get(subject)
        return Known() if entry is None else Known(entry.name, entry.email, vouched=entry.email is not None)


def _read(path: Path, disciplines: Disciplines) -> Mapping[str, Entry]:
    listed = read_yaml(path).get("people")
    if not isinstance(listed, list):
        raise MappingError(f"{path}: a list `people` is needed")
    entries = [_entry(path, one, disciplines) for one in listed]
    if len({entry.subject for entry in entries}) != len(entries):
        raise MappingError(f"{path}: a subject stands twice")
    return {entry.subject: entry for entry in entries}


def _entry(path: Path, one: object, disciplines: Disciplines) -> Entry:
    if not isinstance(one, dict) or not isinstance(subject := one.get("subject"), str) or not subject:
        raise MappingError(f"{path}: each person has a subject")
    if unknown := set(one) - _FIELDS:
        raise MappingError(f"{path}: {subject}: unknown field {', '.join(sorted(map(str, unknown)))}")
    name, email = one.get("name"), one.get("email")
    return Entry(
        subject,
        None if name is None else str(name),
        None if email is None else str(email),
        grants_in(f"{path}: {subject}", one.get("grants"), disciplines),
    )
