"""Who asks, and what they may: a principal holds grants, each a role within a scope (DESIGN 15).

A grant opens the door to a command; what needs authority (votes, sign-offs, decisions) is ruled by the domain from
recorded appointments, never from a grant alone (DESIGN 10).
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from shared.refusals import Refused

ROLES: Final = frozenset(
    {
        "requester",
        "accountable_owner",
        "triager",
        "board_member",
        "board_chair",
        "programme_manager",
        "head_of_ai_governance",
        "executive",
        "auditor",
        "administrator",
        "service",
    }
)
"""Every role but `reviewer:<discipline>`. An administrator runs the installation and decides nothing."""

REVIEWER: Final = "reviewer:"
ScopeKind = Literal["all", "business_unit", "product_area", "system"]
AuthType = Literal["app_user", "service_account", "api_key", "system"]
"""How the actor proved who it is: the CloudEvents `authtype` words."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing lies in the organisation. What is None is not known and lies in nobody's narrower scope."""

    system: str | None = None
    business_unit: str | None = None
    product_area: str | None = None


NOWHERE: Final = Place()
"""What belongs to the whole organisation: only grants with scope `all` reach it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One role within one scope. `name` is the scope's business unit, product area or system id; empty for `all`."""

    role: str
    scope: ScopeKind = "all"
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse a role nobody knows: a typing error in a mapping must not pass for a role without rights."""
        if self.role not in ROLES and not (self.role.startswith(REVIEWER) and len(self.role) > len(REVIEWER)):
            known = ", ".join(sorted(ROLES))
            raise ValueError(f"there is no role {self.role!r}, only {known} and {REVIEWER}DISCIPLINE")
        if (self.scope == "all") == bool(self.name):
            raise ValueError(f"a grant of {self.role} is for all, or for one named {self.scope}")

    def covers(self, place: Place) -> bool:
        """Whether the place lies in the grant's scope."""
        match self.scope:
            case "all":
                return True
            case "business_unit":
                return place.business_unit == self.name
            case "product_area":
                return place.product_area == self.name
            case "system":
                return place.system == self.name


@dataclass(frozen=True, slots=True)
class Reach:
    """What a list may show: everything, or what lies in one of these; to a query `shared.runtime.reach` tells it."""

    everything: bool
    business_units: frozenset[str]
    product_areas: frozenset[str]
    systems: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody or something that was authenticated. `person` is the directory's opaque id: all that events may hold.

    `on_behalf_of` is the person for whom an actor acts (RFC 8693 `act`); the grants are then that person's.
    `scopes` are the OAuth scopes of the token.
    """

    person: str
    issuer: str
    subject: str
    grants: tuple[Grant, ...]
    authtype: AuthType = "app_user"
    on_behalf_of: str | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)

    def may(self, *roles: str, at: Place = NOWHERE) -> bool:
        """Whether one of the roles is held at that place."""
        return any(grant.role in roles and grant.covers(at) for grant in self.grants)

    def holds(self, *roles: str) -> bool:
        """Whether one of the roles is held anywhere at all."""
        return any(grant.role in roles for grant in self.grants)

    def sees(self, place: Place) -> bool:
        """Whether the place lies in any of the scopes."""
        return any(grant.covers(place) for grant in self.grants)

    def require(self, *roles: str, at: Place = NOWHERE) -> None:
        """Pass if one of the roles is held there.

        Raises `Refused`: `not-found` for a place that none of the grants reaches, `forbidden` where the role lacks.
        """
        if self.may(*roles, at=at):
            return
        if at != NOWHERE and not self.sees(at):
            raise Refused("not-found", "")
        raise Refused("forbidden", f"this needs the role {' or '.join(roles)} here")

    def reach(self, *roles: str) -> Reach:
        """What lists may show to these roles; without roles, to any that is held."""
        counted = [grant for grant in self.grants if not roles or grant.role in roles]
        named = {kind: frozenset(g.name for g in counted if g.scope == kind) for kind in _NARROW}
        return Reach(any(g.scope == "all" for g in counted), *(named[kind] for kind in _NARROW))


_NARROW: Final[tuple[ScopeKind, ...]] = ("business_unit", "product_area", "system")
