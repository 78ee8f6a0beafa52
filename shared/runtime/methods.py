"""Which methods a path answers, whichever router and endpoint has it: what a 405 must say (RFC 9110 section 15.5.6)."""

from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.routing import APIRoute


class Methods:
    """The methods of all endpoints of these routers. A router by itself names those of the first endpoint it meets."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._known = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]

    def allowed(self, path: str) -> str:
        """The Allow header of that path; where a name of ours and a parameter both fit, the name is meant."""
        fitting = [route for route in self._known if route.path_regex.match(path)]
        fewest = min((len(route.param_convertors) for route in fitting), default=0)
        own = [route.methods or () for route in fitting if len(route.param_convertors) == fewest]
        return ", ".join(sorted({method for methods in own for method in methods}))
