"""Playing roles: one application that answers, runners kept at work beside it, until the process is told to end."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import structlog
from fastapi import APIRouter, FastAPI

from services.derived import derived_router
from services.guarding import GuardCollector, clock_check, guard_check
from services.process import Process
from services.roles import runners_of
from services.set_aside import set_aside_router
from services.set_aside_metrics import SetAsideCollector
from services.supervision import Supervisor
from shared.refusals import Refused
from shared.runtime.app import create_app
from shared.runtime.collector import spare_the_collector
from shared.runtime.entry import entry_router
from shared.runtime.log_api import log_router
from shared.runtime.service import Check, Service
from shared.runtime.serving import Server, server
from shared.runtime.temporal import temporal_answers
from shared.transparency.tile_store import TileStore

_log = structlog.get_logger()
_ASK_AGAIN_SECONDS: Final = 0.05
Announce = Callable[[str], Awaitable[None]]


async def host(process: Process, roles: Sequence[str], announce: Announce) -> None:
    """Play the roles until SIGINT or SIGTERM; `announce` is given the address once every part is ready."""
    loop, registry = asyncio.get_running_loop(), process.parts.registry
    registry.register(GuardCollector(process.parts.stores, loop, process.parts.clock))
    registry.register(SetAsideCollector(process.services, loop))
    supervisor = Supervisor(runners_of(process, roles), registry)
    readiness = readiness_of(process, roles, supervisor)
    serving = server(application(process, roles, readiness), process.settings.host, process.settings.port)
    spare_the_collector()
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(supervisor.run(), name="runners")
        # A runner that has ended is not waited for: nothing brings it back, and what it found must be served.
        parts = {name: check for name, check in readiness.items() if name != "runners"}
        announcing = tasks.create_task(_announce(serving, parts, announce), name="announce")
        with _until_told(serving):
            await serving.main()
        announcing.cancel()
        working.cancel()


def application(process: Process, roles: Sequence[str], readiness: Mapping[str, Check]) -> FastAPI:
    """What this process answers: everything of its services in role api, else only how it is."""
    answering = process.services if "api" in roles else []
    routers = [router for service in answering for router in routers_of(process, service)]
    links, sessions = process.sign_in.links, process.sign_in.sessions
    if "api" in roles and links is not None and sessions is not None:
        routers.append(entry_router(links, sessions))
    return create_app(
        title="Gatehouse",
        routers=routers,
        lifespan=_nothing_of_its_own,
        authenticator=process.sign_in.authenticator,
        settings=process.settings,
        readiness=readiness,
        registry=process.parts.registry,
    )


def routers_of(process: Process, service: Service) -> list[APIRouter]:
    """A service's own routes, its log, how its derived tables stand, and what its consumers set aside."""
    tiles = TileStore(process.settings.path("tiles_folder") / service.name)
    return [*service.routers(), log_router(service.store, tiles), derived_router(service), set_aside_router(service)]


def readiness_of(process: Process, roles: Sequence[str], supervisor: Supervisor) -> dict[str, Check]:
    """What must answer before this process is ready: its services' parts, its runners, and who vouches for tokens."""

    async def runners() -> None:
        if supervisor.down:
            raise Refused("unavailable", f"ended: {'; '.join(supervisor.down)}")

    async def temporal() -> None:
        assert process.parts.temporal is not None
        await temporal_answers(process.parts.temporal)

    checks: dict[str, Check] = {"runners": runners}
    for service in process.services:
        of_store = {"guard": guard_check(service.store), "clock": clock_check(service.store, process.parts.clock)}
        named = {**service.readiness, **of_store}
        checks |= {f"{service.name}/{name}": check for name, check in named.items()}
    if "worker" in roles and process.parts.temporal is not None:
        checks["temporal"] = temporal
    if "api" in roles and process.sign_in.ready is not None:
        checks["issuer"] = process.sign_in.ready
    return checks


async def _announce(serving: Server, readiness: Mapping[str, Check], announce: Announce) -> None:
    while not serving.started or not await _all_answer(readiness):  # noqa: ASYNC110 - readiness wakes nobody
        await asyncio.sleep(_ASK_AGAIN_SECONDS)
    host, port = serving.servers[0].sockets[0].getsockname()[:2]
    await announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")


async def _all_answer(readiness: Mapping[str, Check]) -> bool:
    answers = await asyncio.gather(*(check() for check in readiness.values()), return_exceptions=True)
    for name, answer in zip(readiness, answers, strict=True):
        if isinstance(answer, BaseException):
            _log.debug("not ready yet", part=name, reason=repr(answer))
    return not any(isinstance(answer, BaseException) for answer in answers)


@contextmanager
def _until_told(serving: Server) -> Iterator[None]:
    """SIGINT and SIGTERM end the serving, and nothing else: what was opened is then closed in order."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, setattr, serving, "should_exit", True)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _nothing_of_its_own(_: FastAPI) -> AsyncIterator[None]:
    """Everything the application uses is opened before it and closed after it."""
    yield
