"""Endpoints of intakes: submit, read, amend, withdraw, and the form."""

from typing import Any, Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.intake.adapters.cloud_events import STRUCTURED, event_in, is_event
from services.intake.adapters.directory import Directory
from services.intake.api.asking import SUBMITTERS, Asker, told
from services.intake.api.models import Amendment, PathId, Reason, Submission, person_named
from services.intake.api.pages import Pages
from services.intake.api.reading import model_in
from services.intake.api.shapes import PolicyTier, SystemPage, SystemReceipt
from services.intake.domain.commands import Source
from services.intake.handlers.systems import place_of
from services.intake.handlers.telling import registered
from services.intake.handlers.use_cases import UseCases
from shared.policy.bundle import Bundle
from shared.refusals import Refused
from shared.runtime import strict_json
from shared.runtime.answers import Listing, listing, receipt_of
from shared.runtime.asking import Acting, IdempotencyKey, IfMatch, Signed, key_of
from shared.runtime.bodies import JSON, media_type, read_body
from shared.runtime.etags import etag
from shared.runtime.idempotency import digest_of, scope_of
from shared.runtime.principals import Principal
from shared.runtime.routing import json_router
from shared.store.port import Key

_PATH: Final = "/intake/v1/intakes"
_TAKEN: Final = (*JSON, STRUCTURED)
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "A submission as JSON, or as a CloudEvent in binary or structured mode. A CloudEvent needs no "
        "Idempotency-Key: its source and id are the key.",
        "content": {
            "application/json": {"schema": Submission.model_json_schema(ref_template="#/components/schemas/{model}")},
            STRUCTURED: {"schema": {"type": "object", "required": ["id", "source", "specversion", "type", "data"]}},
        },
    },
    "parameters": [
        {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 255}}
    ],
}


def router(cases: UseCases, directory: Directory, pages: Pages, bundle: Bundle) -> APIRouter:
    """The endpoints under `/intake/v1/intakes`."""
    routes = json_router("/intake/v1", "intake")

    @routes.get("/form", summary="What an intake asks, as JSON Schema")
    async def the_form(who: Signed) -> dict[str, Any]:
        return bundle.form.json_schema()

    @routes.get("/tiers", summary="The tiers of the policy in force, lowest first")
    async def the_tiers(who: Signed) -> Listing[PolicyTier]:
        return listing([msgspec.to_builtins(tier) for tier in bundle.tiers.tiers], None)

    @routes.post("/intakes", status_code=201, summary="Register a system and submit its intake", openapi_extra=_BODY)
    async def submit(request: Request, who: Signed, acting: Acting) -> SystemReceipt:
        heard = await _heard(request, who)
        asker = Asker(who, acting)
        description = await told(heard.body, directory, asker, heard.source)
        return receipt_of(SystemReceipt, await cases.describing.submit(description, asker.by(heard.key, *SUBMITTERS)))

    @routes.get("/intakes/{intake_id}", summary="An intake, with its tier and what is required")
    async def read(intake_id: PathId, who: Signed, response: Response) -> SystemPage:
        seen = await cases.systems.of_intake(intake_id)
        if not who.sees(place_of(registered(seen.state))):
            raise Refused("not-found", "")
        response.headers["ETag"] = etag(seen.past.version)
        return await pages.of(seen)

    @routes.patch("/intakes/{intake_id}", summary="Amend an intake that was read at a version (If-Match)")
    async def amend(
        intake_id: PathId,
        body: Amendment,
        version: IfMatch,
        who: Signed,
        acting: Acting,
        key: IdempotencyKey,
        response: Response,
    ) -> SystemReceipt:
        owner = None if body.owner is None else await directory.person(person_named(body.owner), "#/owner")
        by = Asker(who, acting).by(key, *SUBMITTERS)
        receipt = await cases.describing.amend(intake_id, body.edits(owner), by, Source(origin="api"), version)
        response.headers["ETag"] = etag(version if receipt.version is None else receipt.version)
        return receipt_of(SystemReceipt, receipt)

    @routes.post("/intakes/{intake_id}/withdraw", summary="Take an intake back")
    async def withdraw(
        intake_id: PathId, body: Reason, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> SystemReceipt:
        by = Asker(who, acting).by(key, *SUBMITTERS)
        return receipt_of(
            SystemReceipt, await cases.describing.withdraw(intake_id, body.reason, by, Source(origin="api"))
        )

    return routes


class _Heard(msgspec.Struct, frozen=True):
    body: Submission
    source: Source
    key: Key


async def _heard(request: Request, who: Principal) -> _Heard:
    """The submission in a request, plain or as a CloudEvent, and the key that a repeat of it has."""
    kind, headers = media_type(request), dict(request.headers)
    raw = await read_body(request, media_types=_TAKEN)
    tree = strict_json.parse(raw)
    if not is_event(kind, headers):
        return _Heard(model_in(Submission, raw), Source(origin="api"), key_of(request, who, tree))
    event = event_in(kind, headers, raw)
    source = Source(origin="cloudevent", ref=event.key.replace("\n", "#"))
    scope = scope_of(who.person, "POST", _PATH)
    key = Key(scope=scope, value=event.key, digest=digest_of("POST", _PATH, event.data))
    told = msgspec.json.encode(event.data)
    strict_json.parse(told)
    return _Heard(model_in(Submission, told), source, key)
