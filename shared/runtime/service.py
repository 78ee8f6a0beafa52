"""The one shape in which every service hands itself to whoever runs it: the embedded run or a role's process."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fastapi import APIRouter

from shared.log.books import SetAside
from shared.log.port import Record
from shared.store.port import EventStore

Check = Callable[[], Awaitable[str | None]]
"""Raises when a part is not ready; may return a remark on one that is."""


class Consumer(Protocol):
    """Something that sets records aside which it can't handle, and with them what is behind them in their keys."""

    @property
    def name(self) -> str:
        """What its books are kept under, `<service>` or `<service>/<what it does>`."""

    async def set_aside(self) -> Sequence[SetAside]:
        """The records set aside, in the log's order."""

    async def missing(self) -> int:
        """How many records are set aside."""

    async def release(self, key: bytes) -> int:
        """Try those of one key again, in order; how many were handled."""

    async def drop(self, record: Record) -> None:
        """Pass a record over that holds no fact; those behind it wait to be released."""


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

    `routers` makes those of role api, and is not asked in any other: to load and make them takes a fifth of a start.
    `projections` and `commanders` are for role consumer; `workflows` with `activities` on `task_queue`, and `starters`,
    for role worker. `consumers` are all that may set records aside, in whatever role they run: an operator reaches them
    through role api. Relay and signer need only `store`. `aclose` lets go of everything the service opened.
    """

    name: str
    store: EventStore
    aclose: Callable[[], Awaitable[None]]
    routers: Callable[[], Sequence[APIRouter]] = tuple
    views: Any = None
    projections: Sequence[Runner] = ()
    commanders: Sequence[Runner] = ()
    starters: Sequence[Runner] = ()
    workflows: Sequence[type] = ()
    activities: Sequence[Callable[..., Any]] = ()
    task_queue: str | None = None
    consumers: Sequence[Consumer] = ()
    readiness: Mapping[str, Check] = field(default_factory=dict)
