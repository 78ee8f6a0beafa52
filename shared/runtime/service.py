"""The one shape in which every service hands itself to whoever runs it: the embedded run or a role's process."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fastapi import APIRouter

from shared.store.port import EventStore

Check = Callable[[], Awaitable[str | None]]
"""Raises when a part is not ready; may return a remark on one that is."""


class Runner(Protocol):
    """Something that works until it is cancelled: a projector, a commander, a starter, a verifier."""

    @property
    def name(self) -> str:
        """What to call it in logs and metrics."""

    async def run(self) -> None:
        """Work until cancelled."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service, built by hand in its `wiring.py`. Which parts run is the role's business (DESIGN, Roles).

    `routers` are for role api; `projections` and `commanders` for role consumer; `workflows` with `activities` on
    `task_queue`, and `starters`, for role worker. Relay and signer need only `store`. `aclose` lets go of everything
    the service opened.
    """

    name: str
    store: EventStore
    routers: Sequence[APIRouter]
    aclose: Callable[[], Awaitable[None]]
    views: Any = None
    projections: Sequence[Runner] = ()
    commanders: Sequence[Runner] = ()
    starters: Sequence[Runner] = ()
    workflows: Sequence[type] = ()
    activities: Sequence[Callable[..., Any]] = ()
    task_queue: str | None = None
    readiness: Mapping[str, Check] = field(default_factory=dict)
