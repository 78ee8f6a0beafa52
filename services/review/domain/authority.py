"""Offices: who was appointed to what, who acts for whom, from when until when. One stream, recountable at any instant.

Rights come from these facts alone; a token's claim gives none (DESIGN 10).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, assert_never

import msgspec

from shared.events.fact import PersonId
from shared.events.review import (
    AppointmentEnded,
    AppointmentMade,
    AuthorityFact,
    DelegationEnded,
    DelegationGiven,
    IdentitiesJoined,
)
from shared.policy import offices
from shared.policy.identities import Identities
from shared.policy.offices import Acting, Appointment, Delegation

BOARD_MEMBER: Final = "board_member"
BOARD_CHAIR: Final = "board_chair"
PROGRAMME_MANAGER: Final = "programme_manager"
HEAD: Final = "head_of_ai_governance"
EXECUTIVE: Final = "executive"
REVIEWER: Final = "reviewer:"
DISCIPLINE_LEAD: Final = "discipline_lead"
LEAD: Final = f"{DISCIPLINE_LEAD}:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """All appointments and delegations so far, each until its end; `ended` and `taken_back` ended before their term.

    `identities` says which ids are one person's. An office is held by the id that was appointed: joining gives none.
    """

    appointments: Mapping[str, Appointment] = field(default_factory=dict)
    delegations: Mapping[str, Delegation] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    taken_back: frozenset[str] = frozenset()
    identities: Identities = field(default_factory=Identities)

    def holders(self, roles: Iterable[str], instant: datetime, scopes: Iterable[str]) -> tuple[Appointment, ...]:
        """The appointments to any of the roles in force then, in the order in which they were made."""
        return offices.in_office(self.appointments.values(), roles, instant, scopes)

    def seats(
        self, board: Iterable[str], instant: datetime, scopes: Iterable[str], without: Iterable[str]
    ) -> tuple[Appointment, ...]:
        """The seats of the board that may vote then, one for each person."""
        return offices.seats(self.appointments.values(), board, instant, scopes, without)

    def acting(
        self,
        person: PersonId,
        on_behalf_of: PersonId | None,
        roles: Iterable[str],
        instant: datetime,
        scopes: Iterable[str],
    ) -> Acting | None:
        """The right of a person to act in one of the roles then: their own, or that of whom they name."""
        held = self.holders(roles, instant, scopes)
        whose = [one for one in held if one.person == (on_behalf_of or person)]
        delegations = self.delegations.values() if on_behalf_of is not None else ()
        return offices.acting(whose, delegations, person, roles, instant, scopes)

    def ever_held(self, person: PersonId, roles: Iterable[str]) -> bool:
        """Whether the person ever held, or was delegated, one of the roles: a right that has since gone."""
        wanted = frozenset(roles)
        of_role = {one.id: one.person for one in self.appointments.values() if one.role in wanted}
        lent = {one.receiver for one in self.delegations.values() if one.appointment in of_role}
        return person in {*of_role.values(), *lent}

    def delegates(self, givers: Iterable[PersonId], instant: datetime) -> frozenset[PersonId]:
        """Those who may act for any of the givers then, in whatever office."""
        theirs = {one.id for one in self.appointments.values() if one.person in frozenset(givers)}
        standing = (one for one in self.delegations.values() if one.stands(instant))
        return frozenset(one.receiver for one in standing if one.appointment in theirs)

    def rights(self, person: PersonId, instant: datetime) -> tuple[Appointment, ...]:
        """The appointments by which a person may act then: their own, and those lent to them."""
        lent = {one.appointment for one in self.delegations.values() if one.receiver == person and one.stands(instant)}
        return tuple(
            one
            for one in self.appointments.values()
            if one.stands(instant) and (one.person == person or one.id in lent)
        )

    def roles_of(self, person: PersonId, instant: datetime, scopes: Iterable[str]) -> tuple[str, ...]:
        """All roles that a person holds then."""
        reach = {"all", *scopes}
        mine = (one for one in self.appointments.values() if one.person == person and one.scope in reach)
        return tuple(sorted({one.role for one in mine if one.stands(instant)}))


def scopes_of(system_id: str, business_unit: str | None, product_area: str | None) -> tuple[str, ...]:
    """The scopes, besides `all`, of appointments that reach a system."""
    named = (("business_unit", business_unit), ("product_area", product_area), ("system", system_id))
    return tuple(f"{kind}:{value}" for kind, value in named if value is not None)


def evolve(state: Authority, fact: AuthorityFact) -> Authority:
    """The offices after one more fact."""
    match fact:
        case AppointmentMade():
            return replace(state, appointments={**state.appointments, fact.appointment_id: _appointment(fact)})
        case AppointmentEnded():
            until = _earlier(state.appointments[fact.appointment_id], fact.ended_at)
            ended = state.ended | {fact.appointment_id}
            return replace(state, appointments={**state.appointments, fact.appointment_id: until}, ended=ended)
        case DelegationGiven():
            return replace(state, delegations={**state.delegations, fact.delegation_id: _delegation(fact)})
        case DelegationEnded():
            given = state.delegations[fact.delegation_id]
            over = msgspec.structs.replace(given, valid_until=min(given.valid_until, fact.ended_at))
            back = state.taken_back | {fact.delegation_id}
            return replace(state, delegations={**state.delegations, fact.delegation_id: over}, taken_back=back)
        case IdentitiesJoined():
            return replace(state, identities=state.identities.joined(fact.person, fact.other))
        case _:
            assert_never(fact)


def _appointment(fact: AppointmentMade) -> Appointment:
    return Appointment(
        id=fact.appointment_id,
        person=fact.person,
        role=fact.role,
        scope=fact.scope,
        valid_from=fact.valid_from,
        valid_until=fact.valid_until,
    )


def _delegation(fact: DelegationGiven) -> Delegation:
    return Delegation(
        id=fact.delegation_id,
        appointment=fact.appointment_id,
        receiver=fact.receiver,
        valid_from=fact.valid_from,
        valid_until=fact.valid_until,
    )


def _earlier(made: Appointment, ended_at: datetime) -> Appointment:
    until = ended_at if made.valid_until is None else min(made.valid_until, ended_at)
    return msgspec.structs.replace(made, valid_until=until)
