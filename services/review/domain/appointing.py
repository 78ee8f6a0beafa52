"""Who may give and take offices: commands on the authority stream and what they decide."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from services.review.domain.authority import (
    BOARD_CHAIR,
    BOARD_MEMBER,
    EXECUTIVE,
    HEAD,
    LEAD,
    PROGRAMME_MANAGER,
    REVIEWER,
    Authority,
)
from shared.events.fact import PersonId
from shared.events.review import (
    AppointmentEnded,
    AppointmentMade,
    AuthorityFact,
    DelegationEnded,
    DelegationGiven,
    IdentitiesJoined,
)
from shared.policy.offices import Appointment
from shared.refusals import Refused

OFFICES: Final = frozenset({BOARD_CHAIR, BOARD_MEMBER, EXECUTIVE, HEAD, PROGRAMME_MANAGER})
_SCOPE: Final = re.compile(r"all|(business_unit|product_area|system):.+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appoint:
    """Give a person an office. `valid_from` None means from now on. `may_appoint` says that the token allows it, `hand`
    who acts in the giver's name."""

    by: PersonId
    may_appoint: bool
    person: PersonId
    role: str
    scope: str
    valid_from: datetime | None
    valid_until: datetime | None
    hand: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAppointment:
    """Take an office back now."""

    by: PersonId
    may_appoint: bool
    appointment_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate:
    """Let another act for one's own appointment between two instants; `hand` acts in the giver's name."""

    by: PersonId
    appointment_id: str
    receiver: PersonId
    valid_from: datetime | None
    valid_until: datetime
    hand: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDelegation:
    """Take a delegation back now; its giver may, and whoever may appoint."""

    by: PersonId
    may_appoint: bool
    delegation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Intake's directory has two ids for one person."""

    person: PersonId
    other: PersonId


AuthorityCommand = Appoint | EndAppointment | Delegate | EndDelegation | Join


def decide(
    state: Authority, command: AuthorityCommand, now: datetime, ids: Callable[[str], str]
) -> Sequence[AuthorityFact]:
    """The facts that a command on the offices makes.

    Raises `Refused`: `forbidden`, `segregation-of-duties`, `invalid-field`, `invalid-time`, `already-exists`,
    `not-found`, `wrong-state`.
    """
    match command:
        case Appoint():
            return _appoint(state, command, now, ids("appointment"))
        case EndAppointment():
            return _end(state, command, now)
        case Delegate():
            return _delegate(state, command, now, ids("delegation"))
        case EndDelegation():
            return _take_back(state, command, now)
        case Join():
            known = state.identities.same(command.person, command.other)
            return [] if known else [IdentitiesJoined(person=command.person, other=command.other)]
        case _:
            assert_never(command)


def _appoint(state: Authority, command: Appoint, now: datetime, new_id: str) -> Sequence[AuthorityFact]:
    _may_appoint(state, command.by, command.may_appoint, now)
    if state.identities.of(command.person) & {command.by, command.hand}:
        raise Refused("segregation-of-duties", "nobody appoints themselves")
    if command.role not in OFFICES and not re.fullmatch(f"({REVIEWER}|{LEAD})[a-z][a-z0-9_/-]*", command.role):
        raise Refused("invalid-field", f"{command.role} is not an office")
    if not _SCOPE.fullmatch(command.scope):
        raise Refused("invalid-field", "a scope is all, or business_unit:…, product_area:… or system:…")
    since = _not_before(now, command.valid_from)
    if command.valid_until is not None and command.valid_until <= since:
        raise Refused("invalid-time", "an appointment ends after it begins")
    if any(one.person == command.person for one in state.holders([command.role], since, [command.scope])):
        raise Refused("already-exists", f"the person holds the office {command.role} there already")
    made = AppointmentMade(
        appointment_id=new_id,
        person=command.person,
        role=command.role,
        scope=command.scope,
        valid_from=since,
        valid_until=command.valid_until,
        by=command.by,
    )
    return [made]


def _end(state: Authority, command: EndAppointment, now: datetime) -> Sequence[AuthorityFact]:
    if command.by != _appointment(state, command.appointment_id).person:  # laying down one's own office needs no leave
        _may_appoint(state, command.by, command.may_appoint, now)
    if command.appointment_id in state.ended:
        raise Refused("wrong-state", "the appointment ended already")
    ended = AppointmentEnded(appointment_id=command.appointment_id, ended_at=now, by=command.by, reason=command.reason)
    return [ended]


def _delegate(state: Authority, command: Delegate, now: datetime, new_id: str) -> Sequence[AuthorityFact]:
    made = _appointment(state, command.appointment_id)
    if made.person != command.by:
        raise Refused("forbidden", "only the holder of an office delegates it, and nobody hands a delegation on")
    if state.identities.of(command.receiver) & {command.by, command.hand}:
        raise Refused("segregation-of-duties", "nobody delegates to themselves")
    since = _not_before(now, command.valid_from)
    if command.valid_until <= since or (made.valid_until is not None and command.valid_until > made.valid_until):
        raise Refused("invalid-time", "a delegation ends after it begins and within its appointment")
    if not made.stands(since):
        raise Refused("wrong-state", "the appointment is not in force then")
    given = DelegationGiven(
        delegation_id=new_id,
        appointment_id=command.appointment_id,
        giver=command.by,
        receiver=command.receiver,
        valid_from=since,
        valid_until=command.valid_until,
    )
    return [given]


def _take_back(state: Authority, command: EndDelegation, now: datetime) -> Sequence[AuthorityFact]:
    delegation = state.delegations.get(command.delegation_id)
    if delegation is None:
        raise Refused("not-found", "there is no such delegation")
    if command.by != state.appointments[delegation.appointment].person:
        _may_appoint(state, command.by, command.may_appoint, now)
    if command.delegation_id in state.taken_back:
        raise Refused("wrong-state", "the delegation was taken back already")
    return [DelegationEnded(delegation_id=command.delegation_id, ended_at=now, by=command.by)]


def _may_appoint(state: Authority, by: PersonId, token_allows: bool, now: datetime) -> None:
    if token_allows or state.acting(by, None, [HEAD, EXECUTIVE], now, []) is not None:
        return
    raise Refused("forbidden", "offices are given by administrators, the head of AI governance and executives")


def _appointment(state: Authority, appointment_id: str) -> Appointment:
    if appointment_id not in state.appointments:
        raise Refused("not-found", "there is no such appointment")
    return state.appointments[appointment_id]


def _not_before(now: datetime, wanted: datetime | None) -> datetime:
    # An office that began before it was recorded would give a right to votes that were cast without one.
    if wanted is not None and wanted < now:
        raise Refused("invalid-time", "offices and delegations begin now or later, never before they are recorded")
    return now if wanted is None else wanted
