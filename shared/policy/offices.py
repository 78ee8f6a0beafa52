"""Who holds an office at an instant, by appointment or by delegation: facts in, names out."""

from collections.abc import Iterable
from datetime import datetime

import msgspec


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """A person holds a role from an instant on, until another (exclusive). `scope` is `all` or `<kind>:<value>`."""

    id: str
    person: str
    role: str
    scope: str
    valid_from: datetime
    valid_until: datetime | None = None

    def stands(self, at: datetime) -> bool:
        """Whether it is in force at that instant."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


class Delegation(msgspec.Struct, frozen=True, kw_only=True):
    """The holder of an appointment lets another act for it, from an instant on, until another (exclusive)."""

    id: str
    appointment: str
    receiver: str
    valid_from: datetime
    valid_until: datetime

    def stands(self, at: datetime) -> bool:
        """Whether it is in force at that instant."""
        return self.valid_from <= at < self.valid_until


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """A right to act at an instant: by this appointment, for its holder, oneself or as a delegate."""

    appointment: Appointment
    on_behalf_of: str | None


def in_office(
    appointments: Iterable[Appointment], roles: Iterable[str], at: datetime, scopes: Iterable[str] = ()
) -> tuple[Appointment, ...]:
    """The appointments to any of these roles that stand at that instant, for everything or for one of the scopes."""
    wanted, reach = set(roles), {"all", *scopes}
    return tuple(one for one in appointments if one.role in wanted and one.scope in reach and one.stands(at))


def seats(
    appointments: Iterable[Appointment],
    board: Iterable[str],
    at: datetime,
    scopes: Iterable[str] = (),
    without: Iterable[str] = (),
) -> tuple[Appointment, ...]:
    """The seats that may vote at that instant: one for each person of the board, but for those recused or conflicted.

    A person who holds several appointments to the board has one seat, by the one that was made first.
    """
    out, taken = set(without), dict[str, Appointment]()
    for one in sorted(in_office(appointments, board, at, scopes), key=lambda seat: (seat.valid_from, seat.id)):
        if one.person not in out:
            taken.setdefault(one.person, one)
    return tuple(taken.values())


def acting(
    appointments: Iterable[Appointment],
    delegations: Iterable[Delegation],
    person: str,
    roles: Iterable[str],
    at: datetime,
    scopes: Iterable[str] = (),
) -> Acting | None:
    """By what right this person may act in one of these roles at that instant: their own office before a delegated one.

    None where they have none. A delegation ends with the appointment that it is of, and is not handed on.
    """
    held = in_office(appointments, roles, at, scopes)
    for one in held:
        if one.person == person:
            return Acting(appointment=one, on_behalf_of=None)
    by_id = {one.id: one for one in held}
    for delegation in delegations:
        if delegation.receiver == person and delegation.stands(at) and delegation.appointment in by_id:
            appointment = by_id[delegation.appointment]
            return Acting(appointment=appointment, on_behalf_of=appointment.person)
    return None
