"""Routes whose JSON bodies are strict: a router whose endpoints declare pydantic models as they always do in FastAPI.

The body is parsed by `strict_json`, validated in pydantic's strict JSON mode, and handed to FastAPI as a finished
instance; so the OpenAPI document, the dependencies and the endpoint's signature stay the ordinary ones. An endpoint
whose answer is a `TypedDict` is held to it by the type checker, and `shapes` puts it into the document.
"""

import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any, Final, get_origin, get_type_hints, is_typeddict

from fastapi import APIRouter, params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from starlette.requests import Request
from starlette.responses import Response

from shared.refusals import Refused
from shared.runtime import strict_json
from shared.runtime.bodies import has_body, read_body, remember
from shared.runtime.problems import unfit

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
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


class _Read(Request):
    """A request whose body has been read and validated already."""

    def __init__(self, request: Request, raw: bytes, value: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._raw, self._value = raw, value

    async def body(self) -> bytes:
        return self._raw

    async def json(self) -> Any:
        return self._value


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
        """The handler FastAPI calls; see the module for the order of things."""
        handler = super().get_route_handler()
        if _asks(self.dependant):
            handler = _plainly(handler)
        field = self.body_field
        if field is None or isinstance(field.field_info, params.Form):
            return handler
        if self._embed_body_fields:
            raise TypeError(f"{self.path}: one endpoint takes one body, as one model")
        adapter: TypeAdapter[Any] = TypeAdapter(_declared(field.field_info))
        optional = not field.field_info.is_required()

        async def strict(request: Request) -> Response:
            if optional and not has_body(request):
                return await handler(request)
            raw = await read_body(request)
            remember(request, strict_json.parse(raw))
            return await handler(_Read(request, raw, _validated(adapter, raw)))

        return strict


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


def _declared(field: FieldInfo) -> Any:
    return field.annotation


def _validated(adapter: TypeAdapter[Any], raw: bytes) -> Any:
    try:
        return adapter.validate_json(raw, strict=True)
    except ValidationError as error:
        raise unfit(error) from error
