"""How a service's derived tables stand: their digests for auditors, and deriving them anew for administrators."""

from functools import partial

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Connection

from shared.log.books import how_many_parked
from shared.log.digest import digest
from shared.log.inbox import how_many_seen
from shared.log.projection import Projection
from shared.log.projector import Projector
from shared.log.views import TakenOver
from shared.refusals import Refused
from shared.runtime.asking import Signed
from shared.runtime.service import Service


class Standing(BaseModel):
    """The digests of derived tables (SHA-256, hexadecimal) after so many `facts`; `missing` were set aside beside them.

    `offsets` are those of the log, `topic/partition` by name.
    """

    projection: str
    definition: str
    offsets: dict[str, int]
    tables: dict[str, str]
    facts: int
    missing: int


class Rebuilding(BaseModel):
    """What came of deriving the tables anew: whether the digests before and after are the same."""

    projection: str
    events: int
    seconds: float
    same: bool | None


def derived_router(service: Service) -> APIRouter:
    """`/<service>/v1/derived`: the digest of the live tables, and their rebuild from offset zero."""
    routes = APIRouter(prefix=f"/{service.name}/v1/derived", tags=[f"{service.name} derived tables"])

    @routes.get("", summary="Digests of the derived tables")
    async def standing(who: Signed) -> Standing:
        who.require("auditor", "administrator")
        found: Standing = await service.views.transact(partial(_standing, service.views.projection))
        return found

    @routes.post("/rebuild", summary="Derive the tables anew, compare, and swap")
    async def rebuild(who: Signed) -> list[Rebuilding]:
        who.require("administrator")
        return [await _rebuilt(runner) for runner in service.projections if isinstance(runner, Projector)]

    return routes


def _standing(projection: Projection, connection: Connection) -> Standing:
    found = digest(connection, projection)
    return Standing(
        projection=projection.name,
        definition=projection.definition,
        offsets={f"{partition.topic}/{partition.number}": at for partition, at in found.offsets.items()},
        tables=dict(found.tables),
        facts=how_many_seen(connection),
        missing=how_many_parked(connection, projection.name),
    )


async def _rebuilt(projector: Projector) -> Rebuilding:
    try:
        report = await projector.rebuild()
    except TakenOver as taken:
        raise Refused("wrong-state", f"another rebuild of {projector.name} began meanwhile") from taken
    return Rebuilding(projection=projector.name, events=report.events, seconds=report.seconds, same=report.same)
