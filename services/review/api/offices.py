"""Endpoints of offices and of what waits for oneself."""

from collections.abc import Iterable

from fastapi import APIRouter

from services.review.adapters.directory import Directory
from services.review.api.asking import APPOINTERS, OFFICE_READERS, hand_of, person_of
from services.review.api.models import Ending, NewAppointment, NewDelegation
from services.review.api.shapes import OfficeReceipt
from services.review.domain.appointing import Appoint, Delegate, EndAppointment, EndDelegation
from services.review.handlers.offices import Offices
from services.review.queries.lists import Queries
from services.review.queries.queue import Asking, Office, Queue
from services.review.queries.rows import AppointmentRow, DelegationRow, Entry
from shared.policy.offices import Appointment
from shared.runtime.answers import Listing, listing, receipt_of
from shared.runtime.asking import Acting, IdempotencyKey, Paging, Signed
from shared.runtime.principals import Principal
from shared.runtime.routing import json_router


def router(offices: Offices, directory: Directory, queries: Queries, queue: Queue) -> APIRouter:
    """The endpoints under `/review/v1`."""
    routes = json_router("/review/v1", "review")
    _appointments(routes, offices, directory, queries)
    _delegations(routes, offices, directory, queries)

    @routes.get("/me/queue", summary="What waits for me")
    async def mine(who: Signed) -> Listing[Entry]:
        now, authority = await offices.as_of_now()
        person = person_of(who)
        ids = [person, *sorted(authority.identities.of(person) - {person})]
        roles = [grant.role for grant in who.grants]
        askings = [
            Asking(person=one, ids=ids, offices=_held(authority.rights(one, now)), roles=roles, reach=who.reach())
            for one in ids
        ]
        return listing(await queue.of(askings), None)

    return routes


async def _readable(offices: Offices, who: Principal) -> frozenset[str] | None:
    """Whose offices somebody may read: their own by all their ids, or everybody's (None)."""
    if who.may(*OFFICE_READERS):
        return None
    _, authority = await offices.as_of_now()
    return authority.identities.of(person_of(who)) | {person_of(who)}


def _held(rights: Iterable[Appointment]) -> list[Office]:
    return [Office(role=right.role, scope=right.scope, whose=right.person) for right in rights]


def _appointments(routes: APIRouter, offices: Offices, directory: Directory, queries: Queries) -> None:
    @routes.get("/appointments", summary="Who holds which office, and held it; one's own, or all for who may read them")
    async def appointments(who: Signed, page: Paging) -> Listing[AppointmentRow]:
        return listing(*await queries.appointments(await _readable(offices, who), page))

    @routes.post("/appointments", status_code=201, summary="Give a person an office")
    async def appoint(body: NewAppointment, who: Signed, acting: Acting, key: IdempotencyKey) -> OfficeReceipt:
        command = Appoint(
            by=person_of(who),
            may_appoint=who.may(*APPOINTERS),
            person=await directory.officer(body.person, "#/person"),
            role=body.role,
            scope=body.scope,
            valid_from=body.valid_from,
            valid_until=body.valid_until,
            hand=hand_of(who),
        )
        return receipt_of(OfficeReceipt, await offices.do(command, acting, key))

    @routes.post("/appointments/{appointment_id}/end", status_code=201, summary="End an appointment now")
    async def end(appointment_id: str, body: Ending, who: Signed, acting: Acting, key: IdempotencyKey) -> OfficeReceipt:
        command = EndAppointment(
            by=person_of(who), may_appoint=who.may(*APPOINTERS), appointment_id=appointment_id, reason=body.reason
        )
        return receipt_of(OfficeReceipt, await offices.do(command, acting, key))


def _delegations(routes: APIRouter, offices: Offices, directory: Directory, queries: Queries) -> None:
    @routes.get("/delegations", summary="Who acts for whom, and acted; one's own, or all for who may read them")
    async def delegations(who: Signed, page: Paging) -> Listing[DelegationRow]:
        return listing(*await queries.delegations(await _readable(offices, who), page))

    @routes.post("/delegations", status_code=201, summary="Lend one's own office")
    async def delegate(body: NewDelegation, who: Signed, acting: Acting, key: IdempotencyKey) -> OfficeReceipt:
        command = Delegate(
            by=person_of(who),
            appointment_id=body.appointment_id,
            receiver=await directory.officer(body.receiver, "#/receiver"),
            valid_from=body.valid_from,
            valid_until=body.valid_until,
            hand=hand_of(who),
        )
        return receipt_of(OfficeReceipt, await offices.do(command, acting, key))

    @routes.post("/delegations/{delegation_id}/end", status_code=201, summary="Take a delegation back now")
    async def take_back(delegation_id: str, who: Signed, acting: Acting, key: IdempotencyKey) -> OfficeReceipt:
        command = EndDelegation(by=person_of(who), may_appoint=who.may(*APPOINTERS), delegation_id=delegation_id)
        return receipt_of(OfficeReceipt, await offices.do(command, acting, key))
