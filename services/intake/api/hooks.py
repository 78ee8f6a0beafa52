"""The doors for webhooks, and the endpoints behind them."""

import json
from dataclasses import asdict
from typing import Annotated, Final, cast
from uuid import UUID, uuid5

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from services.intake.adapters.deliveries import Delivery
from services.intake.adapters.dialects import DIALECTS
from services.intake.adapters.endpoints import Endpoint
from services.intake.adapters.field_mapping import read_mapping
from services.intake.adapters.signatures import SCHEMES, usable
from services.intake.api.models import Filter, Line, PathId, Who, person_named
from services.intake.api.shapes import DeliveryOut, EndpointMade, EndpointOut, EndpointRow, Erased
from services.intake.handlers.hooks import Delivered, Hooks
from shared.events.envelope import stamp
from shared.refusals import Refused
from shared.runtime.answers import Listing, listing
from shared.runtime.asking import IdempotencyKey, Signed
from shared.runtime.bodies import read_body
from shared.runtime.declared import refusing
from shared.runtime.routing import Input, json_router

MAX_BODY: Final = 5 * 1024 * 1024
_LATER: Final = ("unmappable", "received")
_MOST: Final = 500
Secret = Annotated[str, Field(min_length=16, max_length=200)]


class NewEndpoint(Input):
    """An endpoint to be made. Without a secret one is made too, and shown this once."""

    source: str
    name: Line
    mapping: Annotated[str, Field(max_length=100_000, description="YAML: which fields mean what.")]
    owner: Who = Field(description="Accountable for systems whose records name nobody.")
    scheme: str | None = Field(None, description="How deliveries are signed; the source's usual way, unless named.")
    secret: Secret | None = None


class Rotation(Input):
    """A new secret, which counts beside the old one; or the end of the rotation, after which it counts alone."""

    secret: Secret | None = None
    finish: bool = False


class NewMapping(Input):
    """What an endpoint's fields mean from now on."""

    mapping: Annotated[str, Field(max_length=100_000)]


def router(hooks: Hooks, installation: str, registry: CollectorRegistry) -> APIRouter:
    """The doors and the endpoints."""
    routes = json_router("/intake/v1", "intake")
    counted = Counter(
        "gatehouse_hook_deliveries",
        "Webhook deliveries by what became of them.",
        ["source", "outcome"],
        registry=registry,
    )

    @routes.post(
        "/hooks/{source}/{endpoint_id}",
        summary="Take a webhook's delivery",
        responses={202: {"description": "Kept, and to be tried again"}, **refusing("bad-signature", "stale-signature")},
        openapi_extra=_ANY_BODY,
    )
    async def deliver(source: str, endpoint_id: PathId, request: Request, response: Response) -> Delivered:
        if source not in DIALECTS:
            raise Refused("not-found", "")
        body = await read_body(request, limit=MAX_BODY, media_types=())
        try:
            told = await hooks.receive(source, endpoint_id, dict(request.headers), body)
        except Refused as refused:
            counted.labels(source, refused.code).inc()
            raise
        counted.labels(source, told["outcome"]).inc()
        response.status_code = 202 if told["outcome"] in _LATER else 200
        return told

    _manage(routes, hooks, installation)
    _review(routes, hooks)
    return routes


def _manage(routes: APIRouter, hooks: Hooks, installation: str) -> None:
    endpoints = hooks.endpoints

    @routes.post("/endpoints", status_code=201, summary="Make an endpoint; its secret is shown this once")
    async def create(body: NewEndpoint, who: Signed, key: IdempotencyKey) -> EndpointMade:
        who.require("administrator")
        read_mapping(body.mapping, hooks.form)
        scheme = _scheme(body)
        at = stamp(hooks.clock())
        endpoint_id = str(uuid5(UUID(installation), f"endpoint|{key.scope}|{key.value}"))
        secret = body.secret or endpoints.new_secret(endpoint_id, at)
        _usable(scheme, secret)
        new = await endpoints.create(
            endpoint_id,
            secret,
            key.digest,
            source=body.source,
            name=body.name,
            scheme=scheme,
            mapping=body.mapping,
            owner=await hooks.directory.person(person_named(body.owner), "#/owner"),
            created_at=at,
            created_by=who.person,
        )
        shown = _shown(await endpoints.one(endpoint_id))
        return cast(EndpointMade, {**shown, "secret": secret} if new else shown)

    @routes.get("/endpoints", summary="All endpoints, with what they received last and why it failed")
    async def listed(who: Signed) -> Listing[EndpointRow]:
        who.require("administrator")
        return listing([await _with_last(hooks, one) for one in await endpoints.all()], None)

    @routes.post("/endpoints/{endpoint_id}/rotate", summary="Replace the secret: both count until it is finished")
    async def rotate(endpoint_id: PathId, body: Rotation, who: Signed) -> EndpointMade:
        who.require("administrator")
        endpoint = await endpoints.one(endpoint_id)
        if body.finish:
            await endpoints.finish(endpoint_id)
            return cast(EndpointMade, _shown(await endpoints.one(endpoint_id)))
        secret = body.secret or endpoints.new_secret(endpoint_id, stamp(hooks.clock()))
        _usable(endpoint.scheme, secret)
        await endpoints.rotate(endpoint_id, secret)
        return {**_shown(await endpoints.one(endpoint_id)), "secret": secret}

    @routes.put("/endpoints/{endpoint_id}/mapping", summary="Use another mapping from now on")
    async def map_anew(endpoint_id: PathId, body: NewMapping, who: Signed) -> EndpointOut:
        who.require("administrator")
        read_mapping(body.mapping, hooks.form)
        await endpoints.set_mapping(endpoint_id, body.mapping)
        return _shown(await endpoints.one(endpoint_id))

    @routes.post("/endpoints/{endpoint_id}/close", summary="Take nothing there any more")
    async def close(endpoint_id: PathId, who: Signed) -> EndpointOut:
        who.require("administrator")
        await endpoints.close(endpoint_id, stamp(hooks.clock()))
        return _shown(await endpoints.one(endpoint_id))


def _review(routes: APIRouter, hooks: Hooks) -> None:
    deliveries = hooks.deliveries

    @routes.get("/endpoints/{endpoint_id}/deliveries", summary="The newest deliveries, or those in one state")
    async def listed(endpoint_id: PathId, who: Signed, state: Filter = None) -> Listing[DeliveryOut]:
        who.require("administrator")
        await hooks.endpoints.one(endpoint_id)
        return listing([_delivered(one) for one in await deliveries.of(endpoint_id, state, _MOST)], None)

    @routes.post("/endpoints/{endpoint_id}/replay", summary="Try everything again that could not be mapped")
    async def replay_all(endpoint_id: PathId, who: Signed) -> Listing[Delivered]:
        who.require("administrator")
        await hooks.endpoints.one(endpoint_id)
        waiting = await deliveries.unmappable(endpoint_id, _MOST)
        return listing([await hooks.replay(endpoint_id, one.id) for one in waiting], None)

    @routes.post("/endpoints/{endpoint_id}/deliveries/{delivery_id}/replay", summary="Try a delivery again")
    async def replay(endpoint_id: PathId, delivery_id: PathId, who: Signed) -> Delivered:
        who.require("administrator")
        return await hooks.replay(endpoint_id, delivery_id)

    @routes.post("/endpoints/{endpoint_id}/deliveries/{delivery_id}/erase", summary="Destroy a delivery's raw body")
    async def erase(endpoint_id: PathId, delivery_id: PathId, who: Signed) -> Erased:
        who.require("administrator")
        delivery = await deliveries.one(endpoint_id, delivery_id)
        await deliveries.erase_body(delivery, stamp(hooks.clock()))
        return {"id": delivery.id, "digest": delivery.digest, "erased": True}


def _scheme(body: NewEndpoint) -> str:
    if body.source not in DIALECTS:
        raise _wrong("#/source", f"sources are {', '.join(DIALECTS)}")
    schemes = DIALECTS[body.source].schemes
    if body.scheme is not None and body.scheme not in schemes:
        raise _wrong("#/scheme", f"{body.source} signs by {', '.join(schemes)}")
    return body.scheme or schemes[0]


def _usable(scheme: str, secret: str) -> None:
    if not usable(SCHEMES[scheme], secret):
        raise _wrong("#/secret", f"{scheme} needs a secret of 16 bytes at least, in the scheme's own form")


def _wrong(pointer: str, words: str) -> Refused:
    return Refused("invalid-field", words, [{"detail": words, "pointer": pointer}])


def _shown(endpoint: Endpoint) -> EndpointOut:
    return cast(EndpointOut, {**asdict(endpoint), "path": f"/intake/v1/hooks/{endpoint.source}/{endpoint.id}"})


async def _with_last(hooks: Hooks, endpoint: Endpoint) -> EndpointRow:
    last = await hooks.deliveries.of(endpoint.id, None, 1)
    failed = await hooks.deliveries.of(endpoint.id, "unmappable", 1)
    return {
        **_shown(endpoint),
        "last_delivery": _delivered(last[0]) if last else None,
        "last_failure": _delivered(failed[0]) if failed else None,
    }


def _delivered(delivery: Delivery) -> DeliveryOut:
    return cast(DeliveryOut, {**asdict(delivery), "headers": json.loads(delivery.headers)})


_ANY_BODY: Final = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}
