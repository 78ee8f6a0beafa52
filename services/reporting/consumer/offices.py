"""Who holds which office, from the facts of appointments."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from services.reporting import tables
from services.reporting.consumer.folding import Folded
from services.reporting.consumer.heard import Heard
from services.reporting.consumer.rows import Key
from shared.events import review


class AppointmentRow(Struct, frozen=True, kw_only=True):
    """A person in an office, until `valid_until` where that is known."""

    appointment_id: str
    person: str | None = None
    role: str | None = None
    scope: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def _keys(heard: Heard) -> Iterable[Key]:
    match heard.fact:
        case review.AppointmentMade() | review.AppointmentEnded() as fact:
            return [(fact.appointment_id,)]
        case _:
            return []


def _fold(row: AppointmentRow, heard: Heard) -> AppointmentRow:
    match heard.fact:
        case review.AppointmentMade() as fact:
            return replace(
                row,
                person=fact.person,
                role=fact.role,
                scope=fact.scope,
                valid_from=fact.valid_from,
                valid_until=fact.valid_until,
            )
        case review.AppointmentEnded() as fact:
            return replace(row, valid_until=fact.ended_at)
        case _:
            return row


APPOINTMENTS = Folded(
    tables.appointment, AppointmentRow, _keys, lambda key: AppointmentRow(appointment_id=str(key[0])), _fold
)
