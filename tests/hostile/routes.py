"""The product's own routes, as its OpenAPI document tells them: what is attacked, and by which door."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

from tests.hostile.bodies import BODIES
from tests.hostile.cases import CASES
from tests.hostile.site import Body, Site

JSON = "application/json"
UPLOAD = f"?artefact=model-card&title=Card&digest={'a' * 64}"
METHODS = frozenset({"get", "post", "put", "patch", "delete"})


@dataclass(frozen=True)
class Route:
    """One operation."""

    method: str
    path: str
    operation: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def media_types(self) -> frozenset[str]:
        return frozenset(self.operation.get("requestBody", {}).get("content", {}))

    @property
    def is_signed(self) -> bool:
        """Whether it asks who sends."""
        return bool(self.operation.get("security"))

    @property
    def takes_json(self) -> bool:
        """Whether a person sends JSON to it that a model describes."""
        return self.is_signed and JSON in self.media_types

    def names(self, place: str) -> frozenset[str]:
        """Its parameters in the path, the query or the headers, in lower case."""
        found = self.operation.get("parameters", ())
        return frozenset(one["name"].lower() for one in found if one["in"] == place)

    @property
    def needs_key(self) -> bool:
        return "idempotency-key" in self.names("header")

    @property
    def body(self) -> dict[str, Any]:
        """A body that it takes."""
        return copy.deepcopy(dict(BODIES[self.method, self.path]))

    def at(self, ids: Mapping[str, str]) -> str:
        """Its address with these ids in the path; an upload's says of what it is."""
        path = self.path + (UPLOAD if "artefact" in self.names("query") else "")
        for name in self.names("path"):
            path = path.replace(f"{{{name}}}", quote(ids[name], safe=""))
        return path


def routes(site: Site) -> Iterator[Route]:
    """Every operation of every service, in the order of the document."""
    for path, operations in site.openapi["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                yield Route(method.upper(), path, operation)


def json_routes(site: Site) -> list[Route]:
    """Those that people send JSON to."""
    return [route for route in routes(site) if route.takes_json]


class Attack:
    """Sends the same thing to many routes and holds every answer against one case of the table."""

    def __init__(self, site: Site, case: str, who: str = "operator") -> None:
        self._site, self._case, self._who = site, CASES[case], who
        self.sent = 0
        self.complaints: list[str] = []

    def on(
        self, route: Route, body: Body = None, ids: Mapping[str, str] | None = None, **headers: str
    ) -> httpx2.Response:
        """Attack one route at the place where its ids, unless others are named, lead to the portfolio."""
        known = {"If-Match": '"0"'} if "if-match" in route.names("header") else {}
        path = route.at({**self._site.ids, **(ids or {})})
        answer = self._site.send(route.method, path, self._who, body, **known, **headers)
        return self.judge(route.name, answer)

    def judge(self, name: str, answer: httpx2.Response) -> httpx2.Response:
        """Hold an answer that was got otherwise against the case."""
        self.sent += 1
        if (complaint := self._case.complaint(answer)) is not None:
            self.complaints.append(f"{name}: {complaint}")
        return answer

    def succeeded(self, least: int) -> None:
        """Fail unless at least so many were sent and every answer was as the table says."""
        assert not self.complaints, "\n".join(self.complaints)
        assert self.sent >= least
