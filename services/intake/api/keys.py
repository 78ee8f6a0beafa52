"""Endpoints for service keys: the credentials of other systems, made, listed and ended by administrators."""

from fastapi import APIRouter
from pydantic import Field

from services.intake.api.shapes import KeyEnded, KeyMade, KeyRow
from shared.refusals import Refused
from shared.runtime.answers import Listing, listing
from shared.runtime.asking import Signed
from shared.runtime.entropy import Entropy
from shared.runtime.grants import MappingError, grant_in
from shared.runtime.principals import Grant
from shared.runtime.routing import Input, json_router
from shared.runtime.service_keys import ServiceKey, ServiceKeys
from shared.store.port import EventStore


class NewKey(Input):
    """A key to be made. Each grant is `role`, or `role@business_unit=Retail` (also product_area, system)."""

    name: str = Field(min_length=1, max_length=100)
    grants: list[str] = Field(min_length=1, max_length=20)


def router(keys: ServiceKeys, store: EventStore, entropy: Entropy) -> APIRouter:
    """The endpoints under `/intake/v1/keys`; all are for administrators alone."""
    routes = json_router("/intake/v1/keys", "intake keys")

    @routes.post("", status_code=201, summary="Make a service key: its secret is shown this once")
    async def create(body: NewKey, who: Signed) -> KeyMade:
        who.require("administrator")
        now = (await store.read("keys")).now
        secret = await keys.create(body.name, _grants(body.grants), who.person, now, entropy)
        return {"name": body.name, "key": secret}

    @routes.get("", summary="Every service key, also the ended ones, without secrets")
    async def listed(who: Signed) -> Listing[KeyRow]:
        who.require("administrator")
        return listing([_shown(key) for key in await keys.list()], None)

    @routes.post("/{key_id}/revoke", summary="End a service key; other processes notice within 30 seconds")
    async def revoke(key_id: str, who: Signed) -> KeyEnded:
        who.require("administrator")
        await keys.revoke(key_id, (await store.read("keys")).now)
        return {"id": key_id, "state": "revoked"}

    return routes


def _grants(texts: list[str]) -> list[Grant]:
    try:
        return [grant_in(text) for text in texts]
    except MappingError as error:
        raise Refused("invalid-field", str(error), [{"detail": str(error), "pointer": "#/grants"}]) from error


def _shown(key: ServiceKey) -> KeyRow:
    return {
        "id": key.id,
        "name": key.name,
        "grants": [f"{one.role}@{one.scope}={one.name}" if one.name else one.role for one in key.grants],
        "created_at": key.created_at,
        "created_by": key.created_by,
        "revoked_at": key.revoked_at,
    }
