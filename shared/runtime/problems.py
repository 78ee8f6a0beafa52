"""Every error as RFC 9457 problem details, from the one catalogue of refusals."""

from collections.abc import Mapping, Sequence
from html import escape
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.log.port import LogUnavailable
from shared.refusals import MAX_ERRORS, Refused
from shared.runtime.strict_json import escaped
from shared.store.port import EventTooLarge, KeyReused, StoreFrozen, StoreFull, StoreUnavailable, VersionConflict

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 1
"""What Retry-After says where nothing better is known."""

_BY_STATUS: Final[Mapping[int, str]] = {
    400: "malformed-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
    416: "range-not-satisfiable",
    421: "misdirected",
    429: "rate-limited",
    503: "unavailable",
}
_TRY_LATER: Final = (429, 503, 507)
_BY_FAILURE: Final[Mapping[type[Exception], tuple[str, str]]] = {
    EventTooLarge: ("event-too-large", "the fact would be larger than 60 KiB: keep long texts as evidence"),
    LogUnavailable: ("unavailable", "the event log did not answer; try again"),
    KeyReused: ("idempotency-reused", "the Idempotency-Key was used before for another request"),
    StoreFull: ("storage-full", "nothing was kept; try again with the same key once there is room"),
    StoreUnavailable: ("unavailable", "the store could not take this now; try again with the same key"),
    VersionConflict: ("version-conflict", "it was changed meanwhile"),
}
FAILURES: Final = tuple(_BY_FAILURE)
"""The failures of store and log that are answers to the caller, not faults of ours."""


class FieldError(BaseModel):
    """What is wrong with one field."""

    detail: str
    pointer: str | None = Field(None, description="JSON pointer into the body, as a fragment (RFC 6901 section 6).")


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(description="`/problems/<code>`, where the code is explained.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The request's id, as in `X-Request-Id` and in the log.")
    errors: list[FieldError] = []


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "Refused or failed: problem details (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""What every operation declares in the OpenAPI document."""


def problem(request: Request, refused: Refused, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a refusal. A 404 always says the same, so that it tells nothing about what is not yours."""
    body: dict[str, Any] = {
        "type": f"/problems/{refused.code}",
        "title": refused.title,
        "status": refused.status,
        "detail": "there is nothing here by that name" if refused.code == "not-found" else refused.detail,
        "instance": f"urn:uuid:{request_id(request)}",
    }
    if refused.errors:
        body["errors"] = refused.errors
    page = _for_a_browser(request)
    return Response(
        _page(body) if page else msgspec.json.encode(body),
        status_code=refused.status,
        media_type="text/html" if page else MEDIA_TYPE,
        headers={**_usual_headers(refused.status), **(headers or {})},
    )


def _for_a_browser(request: Request) -> bool:
    """Whether somebody looks at the answer: only browsers that open an address ask for HTML."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "").lower()


def _page(body: Mapping[str, Any]) -> bytes:
    title, detail = escape(body["title"]), escape(body["detail"])
    code, instance = escape(body["type"].rpartition("/")[2]), escape(body["instance"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1><p>{detail}</p>'
        f'<p>{body["status"]} {code}, {instance}</p><p><a href="/">Gatehouse</a></p></html>'
    ).encode()


def request_id(request: Request) -> str:
    """The id that the edge gave to this request."""
    found: str = request.state.request_id
    return found


def refusal_of(error: Exception) -> Refused:
    """The refusal that an exception amounts to; `unexpected` for what nobody foresaw."""
    match error:
        case Refused():
            return error
        case StoreFrozen():
            return Refused("log-frozen", str(error))
        case RequestValidationError():
            return _invalid(error.errors())
        case HTTPException():
            return _from_status(error.status_code, str(error.detail))
        case _:
            return _failure(error)


def _failure(error: Exception) -> Refused:
    for kind, (code, detail) in _BY_FAILURE.items():
        if isinstance(error, kind):
            return Refused(code, detail)
    return Refused("unexpected", "the failure was recorded under this instance")


def _from_status(status: int, detail: str) -> Refused:
    code = _BY_STATUS.get(status) or (
        "malformed-request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "unexpected"
    )
    return Refused(code, detail)


def _usual_headers(status: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="gatehouse"'}
    if status in _TRY_LATER:
        return {"Retry-After": str(RETRY_SECONDS)}
    return {}


def unfit(error: ValidationError) -> Refused:
    """The refusal of a body that does not fit its model."""
    found = error.errors(include_url=False, include_input=False)  # pydantic tells all of them or none
    return _invalid_body(found, [_field_error(("body", *one["loc"]), one["msg"]) for one in found[:MAX_ERRORS]])


def _invalid(found: Sequence[Mapping[str, Any]]) -> Refused:
    places = {one["loc"][0] for one in found}
    errors = [_field_error(one["loc"], one["msg"]) for one in found[:MAX_ERRORS]]
    if "path" in places:
        return Refused("not-found", "")
    if "query" in places:
        return Refused("invalid-query", errors[0]["detail"], errors, found=len(found))
    return _invalid_body(found, errors)


def _invalid_body(found: Sequence[Mapping[str, Any]], errors: Sequence[Mapping[str, str]]) -> Refused:
    if any(one["type"] == "extra_forbidden" for one in found):
        words = "a field is not known here, or not the caller's to set"
        return Refused("unknown-field", words, errors, found=len(found))
    return Refused("invalid-field", errors[0]["detail"], errors, found=len(found))


def _field_error(where: Sequence[int | str], message: str) -> dict[str, str]:
    place, *path = where
    words = message.removeprefix("Value error, ")
    if place == "body":
        return {"detail": words, "pointer": "#" + "".join(f"/{escaped(str(part))}" for part in path)}
    return {"detail": f"{place} {'.'.join(map(str, path))}: {words}"}
