"""What a webhook's delivery leads to: verified, kept, mapped, answered; and tried again when somebody asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NotRequired, TypedDict, cast

import structlog

from services.intake.adapters.arrivals import Arrival, Ignored, Unreadable, read
from services.intake.adapters.deliveries import Deliveries, Delivery
from services.intake.adapters.dialects import DIALECTS
from services.intake.adapters.directory import Directory
from services.intake.adapters.endpoints import Endpoint, Endpoints
from services.intake.adapters.field_mapping import concerns, mapped, read_mapping
from services.intake.adapters.signatures import SCHEMES, check
from services.intake.domain.commands import Source
from services.intake.domain.sources import believed
from services.intake.domain.state import Unregistered, known, round_of
from services.intake.handlers.requests import Told
from services.intake.handlers.systems import By
from services.intake.handlers.use_cases import UseCases
from shared.events.envelope import stamp
from shared.policy.form import Form
from shared.refusals import Refused
from shared.runtime.principals import Place
from shared.runtime.problems import FAILURES
from shared.store.port import Context, Key, Receipt

log = structlog.get_logger()
NOT_NOW: Final = ("too-contended", "unavailable", "storage-full")
"""Refusals that are nobody's fault: the delivery stays as received, and is tried again by itself."""


class Delivered(TypedDict):
    """What a delivery led to: registered, amended, withdrawn, unchanged, merged, ignored, unmappable, repeated,
    or received, which is tried again."""

    delivery_id: str
    outcome: str
    first: NotRequired[str]
    reason: NotRequired[str | None]
    system_id: NotRequired[str]
    intake_id: NotRequired[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The deliveries of all endpoints. `clock` is the time at which they arrive."""

    endpoints: Endpoints
    deliveries: Deliveries
    cases: UseCases
    directory: Directory
    form: Form
    clock: Callable[[], datetime]

    async def receive(self, source: str, endpoint_id: str, headers: Mapping[str, str], body: bytes) -> Delivered:
        """Verify, keep, and carry out a delivery; a repeat is answered and has no effect.

        Raises `Refused`: `bad-signature`, also for an endpoint that is not there, so that nobody learns which are;
        and `stale-signature`.
        """
        endpoint = await self._verified(source, endpoint_id, headers, body)
        dialect = DIALECTS[source]
        kept = {name: headers[name] for name in dialect.kept_headers if name in headers}
        repeat = dialect.repeat_of(headers, read(body), body)
        delivery, new = await self.deliveries.keep(endpoint.id, repeat, body, kept, stamp(self.clock()))
        if not new:
            return {"delivery_id": delivery.id, "outcome": "repeated", "first": delivery.state}
        return await self.carry_out(endpoint, delivery)

    async def replay(self, endpoint_id: str, delivery_id: str) -> Delivered:
        """Carry a delivery out again, by the mapping as it is now."""
        endpoint = await self.endpoints.one(endpoint_id)
        return await self.carry_out(endpoint, await self.deliveries.one(endpoint_id, delivery_id))

    async def carry_out(self, endpoint: Endpoint, delivery: Delivery) -> Delivered:
        """Give a kept delivery its effect, once whoever asks, and note what became of it."""
        arrival: Arrival | None = None
        try:
            body = await self.deliveries.body(delivery)
            if body is None:
                raise Unreadable("its body was erased")
            arrival = DIALECTS[endpoint.source].arrival(read(body))
            outcome = await self._effect(endpoint, delivery, arrival)
            settled: dict[str, Any] = {"state": "done", **outcome}
        except FAILURES:
            raise  # an engine's: it passes, and the delivery waits
        except Exception as error:  # noqa: BLE001 - what one delivery meets stops no other
            if isinstance(error, Refused) and error.code in NOT_NOW:
                return {"delivery_id": delivery.id, "outcome": "received", "reason": error.detail}
            settled = _came_to_nothing(error, delivery)
        about = {} if arrival is None else _about(arrival)
        await self.deliveries.settle(delivery.id, **about, **settled)
        del settled["state"]
        return cast(Delivered, {"delivery_id": delivery.id, **settled})

    async def _verified(self, source: str, endpoint_id: str, headers: Mapping[str, str], body: bytes) -> Endpoint:
        try:
            endpoint = await self.endpoints.one(endpoint_id)
        except Refused as refused:
            raise _unverified() from refused
        if endpoint.source != source or endpoint.closed_at is not None:
            raise _unverified()
        try:
            check(SCHEMES[endpoint.scheme], await self.endpoints.secrets(endpoint_id), headers, body, self.clock())
        except Refused as refused:
            await self.endpoints.note_refusal(endpoint_id, refused.detail, stamp(self.clock()))
            raise (_unverified() if refused.code == "bad-signature" else refused) from None
        return endpoint

    async def _effect(self, endpoint: Endpoint, delivery: Delivery, arrival: Arrival) -> dict[str, Any]:
        by, external = _by(endpoint, delivery), f"{endpoint.source}/{endpoint.id}/{arrival.record}"
        source = Source(
            origin=f"{endpoint.source}:{endpoint.id}",
            ref=f"{arrival.label} sha256:{delivery.digest}",
            time=arrival.time,
        )
        if arrival.event == "deleted":
            return _told(await self._withdrawn(external, by, source), ())
        mapping = read_mapping(endpoint.mapping, self.form)
        if not concerns(mapping, arrival.fields):
            raise Ignored("the endpoint's mapping is not for this kind of record")
        if await self._unknown(external) and await self._deleted_since(endpoint, arrival):
            raise Ignored("the record was deleted since")
        found = mapped(mapping, self.form, arrival.fields)
        told = Told(
            name=found.name,
            owner=await self._person(endpoint, found.owner) or endpoint.owner,
            requester=await self._person(endpoint, found.requester, arrival.author) or endpoint.owner,
            answers=found.answers,
            source=source,
            external_key=external,
            region=found.places.get("region"),
            business_unit=found.places.get("business_unit"),
            product_area=found.places.get("product_area"),
            team=found.places.get("team"),
        )
        return _told(await self.cases.retelling.tell(told, by), found.unseen)

    async def _withdrawn(self, external: str, by: By, source: Source) -> Receipt:
        system_id = self.cases.describing.system_of(external)
        seen = await self.cases.systems.read(system_id)
        if isinstance(seen.state, Unregistered):
            raise Ignored("the record was never known here")
        intake_id = round_of(known(seen.state)).submission.intake_id
        return await self.cases.describing.withdraw(intake_id, "its record was deleted at the source", by, source)

    async def _unknown(self, external: str) -> bool:
        seen = await self.cases.systems.read(self.cases.describing.system_of(external))
        return isinstance(seen.state, Unregistered)

    async def _deleted_since(self, endpoint: Endpoint, arrival: Arrival) -> bool:
        """Whether the source has told that the record is gone, at that time or later."""
        times = [believed(*told) for told in await self.deliveries.deletions(endpoint.id, arrival.record)]
        return any(arrival.time is None or time is None or time >= arrival.time for time in times)

    async def _person(self, endpoint: Endpoint, *values: Any) -> str | None:
        """The first of these raw values that names somebody."""
        for value in values:
            named = DIALECTS[endpoint.source].person(value, f"urn:gatehouse:endpoint:{endpoint.id}")
            if named is not None:
                return await self.directory.person(named, "#/owner")
        return None


def _came_to_nothing(error: Exception, delivery: Delivery) -> dict[str, Any]:
    """What becomes of a delivery without an effect, and why; a fault of ours is told to our log as well."""
    match error:
        case Ignored():
            return {"state": "ignored", "outcome": "ignored", "reason": str(error)}
        case Unreadable():
            reason = str(error)
        case Refused():
            reason = _words(error)
        case _:
            log.error("a delivery failed", delivery=delivery.id, error=repr(error), exc_info=error)
            reason = "a fault of ours, told in our log: replay it when that is mended"
    return {"state": "unmappable", "outcome": "unmappable", "reason": reason}


def _unverified() -> Refused:
    """One sentence, whether the endpoint is not there or the signature is wrong: it tells nobody which."""
    return Refused("bad-signature", "no endpoint with this address and secret takes these bytes")


def _by(endpoint: Endpoint, delivery: Delivery) -> By:
    """The endpoint as an actor; the delivery is the key, so that a repeat finds what the first one did."""
    context = Context(authtype="api_key", authid=endpoint.id, correlationid=delivery.id)
    key = Key(scope=f"hook/{endpoint.id}", value=delivery.dedupe, digest=bytes.fromhex(delivery.digest))
    return By(context=context, key=key, guard=_everywhere)


def _everywhere(_: Place) -> None:
    """An endpoint was made by an administrator: what it delivers has no narrower scope."""


def _told(receipt: Receipt, unseen: tuple[str, ...]) -> dict[str, Any]:
    return {
        "outcome": receipt.answer["outcome"],
        "system_id": receipt.answer["system_id"],
        "intake_id": receipt.answer["intake_id"],
        "reason": f"taken as unknown: {'; '.join(unseen)}" if unseen else None,
    }


def _about(arrival: Arrival) -> dict[str, Any]:
    time = stamp(arrival.time) if arrival.time is not None else None
    return {"record": arrival.record, "label": arrival.label, "event": arrival.event, "source_time": time}


def _words(refused: Refused) -> str:
    fields = "; ".join(f"{one['pointer']}: {one['detail']}" for one in refused.errors if "pointer" in one)
    return f"{refused.detail} ({fields})" if fields else refused.detail
