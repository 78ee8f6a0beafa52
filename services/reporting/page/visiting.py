"""What every page needs to know of the request: who reads, what is asked, when it is, and who is who."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request

from services.reporting.api.asked import PLAIN, asking, scope_of
from services.reporting.domain.cut import Sight
from services.reporting.page import words
from services.reporting.queries.kpis import Asking
from services.reporting.queries.reading import Scope
from shared.refusals import Refused
from shared.runtime.people import Card
from shared.runtime.principals import Principal

Names = Callable[[Iterable[str]], Awaitable[Mapping[str, Card]]]
"""Who people are, looked up when a page is read: tables hold ids only (DESIGN 12)."""


def plain(request: Request, name: str) -> str | None:
    """A parameter without control characters, None if it is absent or blank; raises `Refused("invalid-query")`."""
    value = request.query_params.get(name) or None
    if value is not None and re.fullmatch(PLAIN, value) is None:
        raise Refused("invalid-query", f"{name} holds a control character")
    return value


@dataclass(frozen=True, slots=True)
class Asked:
    """The question in a page's address; blank fields of a form count as absent."""

    as_of: str | None
    time: str | None
    tier: str | None
    product_area: str | None
    period: str | None

    @classmethod
    def of(cls, request: Request) -> "Asked":
        """The question in this request."""
        found = {name: plain(request, name) for name in cls.__slots__}
        if found["time"] == "true":
            found["time"] = None
        return cls(**found)

    @property
    def params(self) -> dict[str, str]:
        """The address of the same question."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}

    @property
    def any(self) -> bool:
        """Whether anything but the present of everything is asked for."""
        return bool(self.params)

    def asking(self, now: datetime) -> Asking:
        """The question in the domain's words; raises `Refused("invalid-query")`."""
        if self.time not in (None, "known"):
            raise Refused("invalid-query", "time is true or known")
        sight: Sight = "known" if self.time == "known" else "true"
        return asking(now, self.as_of, sight, self.tier, self.product_area, self.period)


@dataclass(frozen=True, slots=True)
class Visit:
    """One reading of a page."""

    request: Request
    who: Principal
    now: datetime
    names: Names

    @property
    def scope(self) -> Scope:
        """What the reader may see."""
        return scope_of(self.who)

    def param(self, name: str) -> str | None:
        """A parameter of the address, None if it is absent or blank; raises `Refused("invalid-query")`."""
        return plain(self.request, name)

    async def who_is_who(self, people: Iterable[str | None]) -> Callable[[str | None], str]:
        """A filter that puts these people and the reader into words."""
        ids = {one for one in people if one and ":" not in one and "/" not in one}
        cards = await self.names(ids | {self.who.person})
        return lambda holder: words.person(holder, cards)

    def context(self, here: str, person: Callable[[str | None], str], *, example: bool) -> dict[str, Any]:
        """What the frame of every page shows."""
        return {
            "here": here,
            "reader": person(self.who.person),
            "example": example,
            "now": self.now,
            "today": f"{self.now:%Y-%m-%d}",
            "person": person,
        }
