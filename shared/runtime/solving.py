"""What an endpoint asks of a request, found by a plan that is made once a route.

FastAPI walks the tree of dependencies anew for each request, and asks of each what it is and whether it was met before:
half the time of a request that stores nothing. Here the tree becomes a list of steps, each after those it rests on, and
each once. What is asked, in which order it is refused, and what the document says stay FastAPI's; its overrides of
dependencies, which exist for tests, do not reach in here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, Final

from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.security.base import SecurityBase
from starlette.requests import Request
from starlette.responses import Response

_OPTIONAL: Final[Any] = str | None


class NoPlan(Exception):
    """The tree holds what a plan does not know, such as a generator; FastAPI solves it."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One call: `given` names its arguments that earlier steps made, `texts` those that are headers taken as they are,
    `checked` those that pydantic looks at, by where they stand."""

    call: Callable[..., Any]
    given: Sequence[tuple[str, int]]
    texts: Sequence[tuple[str, str]]
    checked: Sequence[tuple[str, Sequence[ModelField]]]
    request: str | None
    response: str | None


class Plan:
    """The steps to an endpoint's arguments. Raises `NoPlan`."""

    def __init__(self, dependant: Dependant) -> None:
        self._steps: list[_Step] = []
        self._places: dict[Callable[..., Any] | None, int] = {}
        self._endpoint = self._step(dependant)
        self.answers = any(step.response for step in (*self._steps, self._endpoint))

    async def arguments(self, request: Request, response: Response | None) -> dict[str, Any]:
        """The endpoint's arguments but for its body. Raises what the steps raise, and `RequestValidationError`."""
        made: list[Any] = []
        errors: list[Any] = []
        failed: set[int] = set()
        for place, step in enumerate(self._steps):
            arguments, wrong = _arguments(step, made, request, response)
            if wrong or (failed and not failed.isdisjoint(number for _, number in step.given)):
                errors += wrong
                failed.add(place)
                made.append(None)
            else:
                made.append(await step.call(**arguments))
        arguments, wrong = _arguments(self._endpoint, made, request, response)
        if errors or wrong:
            raise RequestValidationError([*errors, *wrong])
        return arguments

    def _step(self, dependant: Dependant) -> _Step:
        call = dependant.call
        if call is None or _beyond(dependant) or not iscoroutinefunction(_plainly(call)):
            raise NoPlan(dependant.name)
        placed = [(below.name, self._place(below)) for below in dependant.dependencies]
        texts = [field for field in dependant.header_params if _is_text(field)]
        headers = [field for field in dependant.header_params if field not in texts]
        found = {
            "path_params": dependant.path_params,
            "query_params": dependant.query_params,
            "headers": headers,
            "cookies": dependant.cookie_params,
        }
        return _Step(
            call=_plainly(call),
            given=[(name, place) for name, place in placed if name is not None],
            texts=[(field.name, field.alias) for field in texts],
            checked=[(where, fields) for where, fields in found.items() if fields],
            request=dependant.request_param_name or dependant.http_connection_param_name,
            response=dependant.response_param_name,
        )

    def _place(self, dependant: Dependant) -> int:
        if dependant.body_params or not dependant.use_cache:
            raise NoPlan(dependant.name)
        call = dependant.call
        if call not in self._places:
            self._steps.append(self._step(dependant))
            self._places[call] = len(self._steps) - 1
        return self._places[call]


def _plainly(call: Callable[..., Any]) -> Callable[..., Any]:
    """A security scheme is called as an object; what is called then is its method."""
    scheme: Any = call
    method: Callable[..., Any] = scheme.__call__
    return method if isinstance(scheme, SecurityBase) else call


def _beyond(dependant: Dependant) -> bool:
    return any(
        (
            dependant.websocket_param_name,
            dependant.background_tasks_param_name,
            dependant.security_scopes_param_name,
            dependant.own_oauth_scopes,
            dependant.concurrency,
        )
    )


def _is_text(field: ModelField) -> bool:
    info = field.field_info
    return bool(info.annotation == _OPTIONAL) and info.default is None and not info.metadata


def _arguments(
    step: _Step, made: Sequence[Any], request: Request, response: Response | None
) -> tuple[dict[str, Any], Sequence[Any]]:
    found = {name: made[place] for name, place in step.given}
    errors: list[Any] = []
    for name, alias in step.texts:
        found[name] = request.headers.get(alias)
    for where, fields in step.checked:
        given: Mapping[str, Any] = getattr(request, where)
        values, wrong = request_params_to_args(fields, given)
        found.update(values)
        errors += wrong
    if step.request is not None:
        found[step.request] = request
    if step.response is not None:
        found[step.response] = response
    return found, errors
