"""From an identity provider's groups to grants: a mapping that is data (DESIGN 15).

groups:
  9f0c…:                                  # the provider's name of the group; Entra sends GUIDs
    - triager                             # a role for all
    - {role: "reviewer:security", business_unit: Retail}
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from shared.policy.documents import UnreadableDocument, parsed_document
from shared.runtime.principals import REVIEWER, Grant, ScopeKind

Disciplines = Collection[str] | None
"""What there are reviewers of, by the policy; None where nobody knows: then a reviewer of anything passes."""


class MappingError(Exception):
    """A file of grants that can't be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Known:
    """A subject's name and address, where they are known; `vouched` if the issuer says that the address is theirs."""

    name: str | None = None
    email: str | None = None
    vouched: bool = False


class Roster(Protocol):
    """Where an authenticated subject's grants and name come from."""

    def grants_of(self, subject: str, claims: Mapping[str, Any]) -> tuple[Grant, ...]:
        """The grants of the subject of a verified token with these claims."""

    def named(self, subject: str, claims: Mapping[str, Any]) -> Known:
        """What the directory may keep of the subject."""


class GroupMapping:
    """Grants by the token's `groups` and `roles` claims. A group that is not mapped grants nothing."""

    def __init__(self, grants: Mapping[str, Sequence[Grant]]) -> None:
        self._grants = grants

    @classmethod
    def from_file(cls, path: Path, disciplines: Disciplines = None) -> "GroupMapping":
        """Read the mapping; raises `MappingError`."""
        document = read_yaml(path)
        groups = document.get("groups")
        if not isinstance(groups, dict):
            raise MappingError(f"{path}: a mapping `groups` is needed")
        return cls({str(name): grants_in(f"{path}: {name}", listed, disciplines) for name, listed in groups.items()})

    def grants_of(self, subject: str, claims: Mapping[str, Any]) -> tuple[Grant, ...]:
        """See `Roster`; the subject itself grants nothing."""
        named = [name for claim in ("groups", "roles") for name in _texts(claims.get(claim))]
        found = [grant for name in named for grant in self._grants.get(name, ())]
        return tuple(dict.fromkeys(found))

    def named(self, subject: str, claims: Mapping[str, Any]) -> Known:
        """See `Roster`: what the provider put into the token (OpenID Connect Core 1.0 section 5.1)."""
        name, email = (next(iter(_texts(claims.get(claim))), None) for claim in ("name", "email"))
        # Nothing but JSON's true is a provider's word: a text "true" is what others let their users write.
        return Known(name or None, email or None, vouched=claims.get("email_verified") is True)


def read_yaml(path: Path) -> Mapping[str, Any]:
    """A YAML file whose top is a mapping; raises `MappingError`."""
    try:
        document = parsed_document(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: {error}") from error
    except UnreadableDocument as error:
        raise MappingError(str(error)) from error
    if not isinstance(document, dict):
        raise MappingError(f"{path}: the file must be a mapping")
    return document


def grants_in(place: str, listed: object, disciplines: Disciplines = None) -> tuple[Grant, ...]:
    """Grants as they are written in YAML: a role, or a role with one scope; raises `MappingError`."""
    if not isinstance(listed, list):
        raise MappingError(f"{place}: a list of grants is needed")
    return tuple(_grant(place, one, disciplines) for one in listed)


def grant_in(text: str) -> Grant:
    """A grant in one word, as the command line takes it: `role`, or `role@business_unit=Retail`.

    Raises `MappingError`.
    """
    role, narrowed, scope = text.partition("@")
    kind, _, name = scope.partition("=")
    return _grant(text, {"role": role, kind: name} if narrowed else role)


def _grant(place: str, one: object, disciplines: Disciplines = None) -> Grant:
    entry = {"role": one} if isinstance(one, str) else one
    if not isinstance(entry, dict) or not isinstance(role := entry.get("role"), str):
        raise MappingError(f"{place}: {one!r} is not a grant")
    if disciplines is not None and role.startswith(REVIEWER) and role.removeprefix(REVIEWER) not in disciplines:
        raise MappingError(f"{place}: the policy has no discipline for {role!r}")
    narrowed: dict[ScopeKind, str] = {kind: _named(place, entry[kind]) for kind in _KINDS if kind in entry}
    if len(narrowed) > 1 or set(entry) - {"role", *_KINDS}:
        raise MappingError(f"{place}: a grant has a role and at most one of {', '.join(_KINDS)}")
    try:
        return Grant(role, *next(iter(narrowed.items()), ("all", "")))
    except ValueError as error:
        raise MappingError(f"{place}: {error}") from error


def _named(place: str, scope: object) -> str:
    if isinstance(scope, bool) or not isinstance(scope, str | int):
        raise MappingError(f"{place}: {scope!r} names no scope")
    return str(scope)


_KINDS: tuple[ScopeKind, ...] = ("business_unit", "product_area", "system")


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
