"""How a service's derived tables stand: their digests for auditors, and deriving them anew for administrators."""

from fastapi import APIRouter
from pydantic import BaseModel

from shared.log.projector import Projector
from shared.runtime.asking import Signed
from shared.runtime.service import Service


class Standing(BaseModel):
    """The digests of derived tables (SHA-256, hexadecimal), taken at these offsets, `topic/partition` by name.

    `missing` counts the facts that were set aside, which the tables therefore lack.
    """

    projection: str
    definition: str
    offsets: dict[str, int]
    tables: dict[str, str]
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
        digest = await service.views.digest()
        async with service.views.reading() as connection:
            missing = await service.views.missing(connection)
        return Standing(
            projection=service.views.projection.name,
            definition=service.views.projection.definition,
            offsets={f"{partition.topic}/{partition.number}": at for partition, at in digest.offsets.items()},
            tables=dict(digest.tables),
            missing=missing,
        )

    @routes.post("/rebuild", summary="Derive the tables anew, compare, and swap")
    async def rebuild(who: Signed) -> list[Rebuilding]:
        who.require("administrator")
        return [await _rebuilt(runner) for runner in service.projections if isinstance(runner, Projector)]

    return routes


async def _rebuilt(projector: Projector) -> Rebuilding:
    report = await projector.rebuild()
    return Rebuilding(projection=projector.name, events=report.events, seconds=report.seconds, same=report.same)
