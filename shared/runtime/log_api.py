"""Every service's transparency log over HTTP: checkpoint, tiles, keys, proofs (c2sp.org/tlog-tiles, tlog-proof)."""

import asyncio
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from shared.refusals import Refused
from shared.runtime.asking import Signed
from shared.runtime.declared import refusing
from shared.runtime.principals import Principal
from shared.store.port import EventStore
from shared.transparency.failures import Absent, Malformed
from shared.transparency.receipt import receipt_for
from shared.transparency.tile_source import CHECKPOINT, VKEY
from shared.transparency.tile_store import TileStore

READERS: Final = ("auditor", "administrator")
"""Who may read whole logs. They hold every service's facts, so a narrower scope than all is not enough."""
RETRY_SECONDS: Final = 1
_FOR_EVER: Final = {"Cache-Control": "private, max-age=31536000, immutable"}
_ALWAYS_ASK: Final = {"Cache-Control": "private, no-cache"}
_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_ABSENT: Final = refusing("not-found")


def log_router(store: EventStore, tiles: TileStore) -> APIRouter:
    """`/<service>/v1/log/…` for the log of this store, whose signer writes these tiles."""
    routes = APIRouter(prefix=f"/{store.service}/v1/log", tags=[f"{store.service} log"])

    @routes.get("/checkpoint", summary="The newest signed head", response_class=PlainTextResponse, responses=_ABSENT)
    async def checkpoint(who: Signed) -> Response:
        return await _file(who, tiles, CHECKPOINT, _TEXT)

    @routes.get(
        "/vkey",
        summary="The log's own keys: they prove consistency only",
        response_class=PlainTextResponse,
        responses=_ABSENT,
    )
    async def vkey(who: Signed) -> Response:
        return await _file(who, tiles, VKEY, _TEXT)

    @routes.get(
        "/tile/{path:path}",
        summary="A tile of hashes, or of entries",
        response_class=Response,
        responses={200: {"content": {_BYTES: {}}}, **refusing("invalid-tile")},
    )
    async def tile(path: str, who: Signed) -> Response:
        _may_read(who)
        try:
            found = await asyncio.to_thread(tiles.serve, f"tile/{path}")
        except Malformed as error:
            raise Refused("invalid-tile", str(error)) from error
        except Absent as error:
            raise Refused("not-found", "the log does not reach that tile") from error
        return Response(found, media_type=_BYTES, headers=_FOR_EVER)

    @routes.get(
        "/proof/{event_id}",
        summary="The proof that a fact is in the log",
        response_class=PlainTextResponse,
        responses={202: {"description": "No signed head covers it yet", "content": {"application/json": {}}}},
    )
    async def proof(event_id: str, who: Signed) -> Response:
        _may_read(who)
        stored = await store.by_id(event_id) if _is_id(event_id) else None
        if stored is None:
            raise Refused("not-found", "no fact has that id")
        try:
            receipt = await asyncio.to_thread(receipt_for, tiles, stored.position)
        except Absent:
            receipt = None  # nothing was signed yet
        if receipt is None:
            waiting = {"event_id": event_id, "position": stored.position, "status": "not yet covered by a signed head"}
            return JSONResponse(waiting, 202, headers={"Retry-After": str(RETRY_SECONDS)} | _ALWAYS_ASK)
        return Response(receipt.render(), media_type=_TEXT, headers=_ALWAYS_ASK)

    return routes


async def _file(who: Principal, tiles: TileStore, path: str, media_type: str) -> Response:
    _may_read(who)
    try:
        found = await asyncio.to_thread(tiles.read, path)
    except Absent as error:
        raise Refused("not-found", "nothing was signed yet") from error
    return Response(found, media_type=media_type, headers=_ALWAYS_ASK)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _may_read(who: Principal) -> None:
    who.require(*READERS)
