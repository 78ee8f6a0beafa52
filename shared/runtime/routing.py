"""Routes whose JSON bodies are strict: a router whose endpoints declare pydantic models as they always do in FastAPI.

The body is parsed by `strict_json` and validated in pydantic's strict JSON mode; the other arguments are found by a
`Plan`. The OpenAPI document, the dependencies and the endpoint's signature stay the ordinary ones. An endpoint whose
answer is a `TypedDict` is held to it by the type checker, and `shapes` puts it into the document.
"""

import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, get_origin, get_type_hints, is_typeddict

import msgspec
from fastapi import APIRouter, params
from fastapi._compat import ModelField
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, serialize_response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from shared.refusals import Refused
from shared.runtime import strict_json
from shared.runtime.bodies import has_body, read_body, remember
from shared.runtime.solving import NoPlan, Plan

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = Callable[..., Coroutine[Any, Any, Response]]
_CONTROL: Final = re.compile(rb"%(?:[01][0-9A-Fa-f]|7[Ff])|[\x00-\x1f\x7f]")


class Input(BaseModel):
    """What a caller sends: strict types, no field beyond those declared (422 `unknown-field`), immutable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _in_utc(stated: datetime) -> datetime:
    try:
        return stated.astimezone(UTC)
    except OverflowError as error:  # next to the calendar's ends, a zone leads out of it
        raise ValueError("an instant lies within the years 1 to 9999 of UTC") from error


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant as callers state it: with any zone, and kept in UTC."""


def json_router(prefix: str, tag: str) -> APIRouter:
    """A router for a service's API; every model its endpoints take as a body is read strictly."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=StrictRoute)


class StrictRoute(APIRoute):
    """A route that reads a declared JSON body strictly; routes with a form, or without a body, are FastAPI's own.

    `shape` is the `TypedDict` of its answers, None where they are declared in another way.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.shape = _shape(endpoint)
        if self.shape is not None:
            options["response_model"] = dict[str, Any]  # what is made here to a type is not validated a second time
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """The handler of a request; see the module for the order of things."""
        field, endpoint = self.body_field, self._endpoint()
        if field is None or isinstance(field.field_info, params.Form):
            handler = super().get_route_handler() if field is not None or endpoint is None else endpoint
        elif self._embed_body_fields:
            raise TypeError(f"{self.path}: one endpoint takes one body, as one model")
        elif endpoint is None:
            raise TypeError(f"{self.path}: an endpoint with a JSON body is a coroutine that answers JSON")
        else:
            handler = self._strict(field, endpoint)
        return _plainly(handler) if _asks(self.dependant) else handler

    def _endpoint(self) -> Endpoint | None:
        """The endpoint as it is called for a request; None for one that FastAPI has to call."""
        try:
            plan = Plan(self.dependant)
        except NoPlan:
            return None
        if self.response_field is None or not isinstance(self.response_class, DefaultPlaceholder):
            return None

        async def called(request: Request, **body: Any) -> Response:
            aside = _aside() if plan.answers else None
            answer = await self.endpoint(**await plan.arguments(request, aside), **body)
            return answer if isinstance(answer, Response) else await self._answer(answer, aside)

        return called

    async def _answer(self, answer: Any, aside: Response | None) -> Response:
        content = (
            await serialize_response(field=self.response_field, response_content=answer, dump_json=True)
            if self.shape is None
            else msgspec.json.encode(answer)
        )
        status = self.status_code or HTTPStatus.OK
        if aside is None:
            return Response(content, status, media_type="application/json")
        response = Response(content, aside.status_code or status, media_type="application/json")
        response.raw_headers.extend(aside.raw_headers)
        return response

    def _strict(self, field: ModelField, endpoint: Endpoint) -> Handler:
        declared: Any = field.field_info.annotation
        adapter: TypeAdapter[Any] = TypeAdapter(declared)
        optional = not field.field_info.is_required()
        (name,) = (one.name for one in self.dependant.body_params)

        async def strict(request: Request) -> Response:
            if optional and not has_body(request):
                return await endpoint(request, **{name: field.get_default()})
            raw = await read_body(request)
            remember(request, strict_json.parse(raw))
            return await endpoint(request, **{name: _validated(adapter, raw)})

        return strict


def _aside() -> Response:
    """What an endpoint says of its answer beside it: headers, and perhaps a status."""
    said = Response()
    said.raw_headers.clear()
    said.status_code = 0
    return said


def _asks(dependant: Dependant) -> bool:
    return bool(dependant.query_params) or any(map(_asks, dependant.dependencies))


def _plainly(handler: Handler) -> Handler:
    async def plainly(request: Request) -> Response:
        # In a body `strict_json` looks for them. Nothing here is asked by one, and PostgreSQL keeps none of NUL.
        if _CONTROL.search(request.scope["query_string"]):
            raise Refused("invalid-query", "the query holds a control character")
        return await handler(request)

    return plainly


def _shape(endpoint: Callable[..., Any]) -> Any:
    answer = get_type_hints(endpoint).get("return")
    return answer if is_typeddict(get_origin(answer) or answer) else None


def _validated(adapter: TypeAdapter[Any], raw: bytes) -> Any:
    try:
        return adapter.validate_json(raw, strict=True)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False, include_input=False)]
        raise RequestValidationError(found) from error
