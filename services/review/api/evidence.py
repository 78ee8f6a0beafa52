"""Endpoints of evidence: the bytes themselves, with what is said of them in the query, or a link as JSON."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.review.adapters.evidence_store import EvidenceStore
from services.review.api.asking import Door, person_of
from services.review.api.models import About, LinkedEvidence
from services.review.api.shapes import ReviewReceipt
from services.review.domain.commands import Attach
from services.review.domain.evidence import may_attach
from services.review.handlers.reviews import Seen
from shared.refusals import Refused
from shared.runtime.answers import receipt_of
from shared.runtime.asking import Acting, IdempotencyKey, Signed, held
from shared.runtime.bodies import media_type, stream_body
from shared.runtime.declared import refusing
from shared.runtime.files import KeptFile
from shared.runtime.idempotency import digest_of, key_in, scope_of
from shared.runtime.principals import Principal
from shared.runtime.routing import json_router
from shared.store.port import Key

MAX_BYTES: Final = 25 * 1024 * 1024
UNKNOWN: Final = "application/octet-stream"
Json = dict[str, Any]


def router(door: Door, store: EvidenceStore) -> APIRouter:
    """The endpoints under `/review/v1/reviews/{review_id}/evidence`."""
    routes = json_router("/review/v1/reviews/{review_id}/evidence", "review")

    @routes.post(
        "",
        status_code=201,
        summary="Upload evidence: the body is its content",
        responses=refusing("evidence-digest-mismatch"),
        openapi_extra=_ANY_BODY,
    )
    async def upload(
        review_id: str,
        about: Annotated[About, Query()],
        request: Request,
        who: Signed,
        acting: Acting,
        idempotency_key: Annotated[str | None, Header(description="Unique per intention.")] = None,
    ) -> ReviewReceipt:
        seen = await door.seen(review_id, who)
        key = _key(request, who, key_in(idempotency_key), about.digest)
        # Before a byte is kept; a repeat of what was attached is answered again, whatever has become of the review.
        if await door.reviews.store.replay(key) is None:
            may_attach(seen.state, await door.actor(who, seen))
        kept = await store.keep(stream_body(request, limit=MAX_BYTES, media_types=()), about.digest)
        attach = await _attach(door, who, seen, about, size=kept, media_type=media_type(request) or UNKNOWN)
        return receipt_of(ReviewReceipt, await door.reviews.do(seen, attach, acting, key))

    @routes.post("/links", status_code=201, summary="Put evidence on the table that is kept elsewhere")
    async def link(
        review_id: str, body: LinkedEvidence, who: Signed, acting: Acting, key: IdempotencyKey
    ) -> ReviewReceipt:
        seen = await door.seen(review_id, who)
        attach = await _attach(door, who, seen, body, media_type=body.media_type, link=body.link)
        return receipt_of(ReviewReceipt, await door.reviews.do(seen, attach, acting, key))

    @routes.get(
        "/{artefact_id}",
        summary="The content, or where it is kept",
        response_class=Response,
        responses={200: {"content": {"*/*": {}}}, 206: {"description": "Parts of it", "content": {"*/*": {}}}},
    )
    async def content(review_id: str, artefact_id: str, who: Signed) -> Response:
        artefact = (await door.seen(review_id, who)).case.evidence.get(artefact_id)
        if artefact is None:
            raise Refused("not-found", "")
        if artefact.link is not None:
            return JSONResponse({"link": artefact.link, "digest": artefact.digest})
        # What people uploaded is never shown as part of our own pages: always a file to save, of the stated type.
        name = f"{artefact.artefact}-{artefact.digest[:12]}"
        return KeptFile(store.path(artefact.digest), media_type=artefact.media_type, filename=name)

    return routes


_ANY_BODY: Final[Json] = {
    "requestBody": {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
}


def _key(request: Request, who: Principal, value: str, digest: str) -> Key:
    """The body is not read for it: its stated digest stands for it, and is checked."""
    route: Any = request.scope["route"]
    asked = digest_of("POST", f"{request.url.path}?{request.url.query}", digest.encode())
    return held(request, Key(scope=scope_of(who.person, "POST", route.path), value=value, digest=asked))


async def _attach(
    door: Door,
    who: Principal,
    seen: Seen,
    about: About,
    *,
    media_type: str,
    size: int | None = None,
    link: str | None = None,
) -> Attach:
    named = about.owner
    return Attach(
        actor=await door.actor(who, seen),
        artefact=about.artefact,
        title=about.title,
        digest=about.digest,
        size=size,
        media_type=media_type,
        link=link,
        owner=person_of(who) if named is None else await door.directory.person(named, "#/owner"),
        template_version=about.template_version,
        subject_digest=about.subject_digest,
        valid_until=about.valid_until,
        supersedes=about.supersedes,
        sections=dict.fromkeys(about.sections, True),
    )
