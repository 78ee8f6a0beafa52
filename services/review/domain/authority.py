"""Offices: who was appointed to what, who acts for whom, from when until when. One stream, recountable at any instant.

Rights come from these facts alone; a token's claim gives none (DESIGN 10).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, assert_never

from shared.events.fact import PersonId
from shared.events.review import AppointmentEnded, AppointmentMade, AuthorityFact, DelegationEnded, DelegationGiven

BOARD_MEMBER: Final = "board_member"
BOARD_CHAIR: Final = "board_chair"
PROGRAMME_MANAGER: Final = "programme_manager"
HEAD: Final = "head_of_ai_governance"
EXECUTIVE: Final = "executive"
BOARD_ROLES: Final = (BOARD_CHAIR, BOARD_MEMBER)
REVIEWER: Final = "reviewer:"
LEAD: Final = "discipline_lead:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An appointment and its end, if it ended early."""

    made: AppointmentMade
    ended_at: datetime | None = None

    def held_at(self, instant: datetime) -> bool:
        """Whether the office was held then."""
        until = min([end for end in (self.made.valid_until, self.ended_at) if end is not None], default=None)
        return self.made.valid_from <= instant and (until is None or instant < until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """A delegation and its end, if it was taken back."""

    given: DelegationGiven
    ended_at: datetime | None = None

    def held_at(self, instant: datetime) -> bool:
        """Whether the receiver could act for the giver then."""
        until = min([end for end in (self.given.valid_until, self.ended_at) if end is not None])
        return self.given.valid_from <= instant < until


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """The right by which somebody acts: an appointment, their own or that of `on_behalf_of`."""

    appointment_id: str
    role: str
    holder: PersonId
    on_behalf_of: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """All offices and delegations so far."""

    offices: Mapping[str, Office] = field(default_factory=dict)
    mandates: Mapping[str, Mandate] = field(default_factory=dict)

    def holders(self, roles: Iterable[str], instant: datetime, scopes: Iterable[str]) -> tuple[AppointmentMade, ...]:
        """The appointments to any of the roles in force then, in the order in which they were made."""
        wanted, within = frozenset(roles), frozenset(scopes)
        return tuple(
            office.made
            for office in self.offices.values()
            if office.made.role in wanted and office.made.scope in within and office.held_at(instant)
        )

    def right(
        self,
        person: PersonId,
        on_behalf_of: PersonId | None,
        roles: Iterable[str],
        instant: datetime,
        scopes: Iterable[str],
    ) -> Right | None:
        """The right of a person to act in one of the roles then, for themselves or by a delegation."""
        for made in self.holders(roles, instant, scopes):
            if on_behalf_of is None and made.person == person:
                return Right(appointment_id=made.appointment_id, role=made.role, holder=person)
            if made.person == on_behalf_of and self._acts_for(person, made.appointment_id, instant):
                return Right(
                    appointment_id=made.appointment_id, role=made.role, holder=made.person, on_behalf_of=on_behalf_of
                )
        return None

    def ever_held(self, person: PersonId, roles: Iterable[str]) -> bool:
        """Whether the person ever held, or was delegated, one of the roles: a right that has since gone."""
        wanted = frozenset(roles)
        mine = {one.made.person for one in self.offices.values() if one.made.role in wanted}
        lent = {
            one.given.receiver
            for one in self.mandates.values()
            if self.offices[one.given.appointment_id].made.role in wanted
        }
        return person in mine | lent

    def delegates(self, givers: Iterable[PersonId], instant: datetime) -> frozenset[PersonId]:
        """Those who may act for any of the givers then, in whatever office."""
        of = frozenset(givers)
        return frozenset(
            one.given.receiver for one in self.mandates.values() if one.given.giver in of and one.held_at(instant)
        )

    def _acts_for(self, person: PersonId, appointment_id: str, instant: datetime) -> bool:
        return any(
            one.given.appointment_id == appointment_id and one.given.receiver == person and one.held_at(instant)
            for one in self.mandates.values()
        )


def scopes_of(system_id: str, business_unit: str | None, product_area: str | None) -> tuple[str, ...]:
    """The scopes of appointments that reach a system."""
    named = (("business_unit", business_unit), ("product_area", product_area), ("system", system_id))
    return ("all", *(f"{kind}:{value}" for kind, value in named if value is not None))


def evolve(state: Authority, fact: AuthorityFact) -> Authority:
    """The offices after one more fact."""
    match fact:
        case AppointmentMade():
            return replace(state, offices={**state.offices, fact.appointment_id: Office(made=fact)})
        case AppointmentEnded():
            ended = replace(state.offices[fact.appointment_id], ended_at=fact.ended_at)
            return replace(state, offices={**state.offices, fact.appointment_id: ended})
        case DelegationGiven():
            return replace(state, mandates={**state.mandates, fact.delegation_id: Mandate(given=fact)})
        case DelegationEnded():
            over = replace(state.mandates[fact.delegation_id], ended_at=fact.ended_at)
            return replace(state, mandates={**state.mandates, fact.delegation_id: over})
        case _:
            assert_never(fact)
