"""`python -m tests.bench.serving gatehouse FOLDER` or `… bare`: what the HTTP figures are measured on.

Gatehouse in role api as `services.run` plays it, with two more routes that do all of it but store: a no-op that is
validated and authenticated, and the batch, whose rows are validated and triaged. Bare is what anybody would write
first. A process each.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel

from deploy.local.process import free_port
from services.hosting import application
from services.intake.adapters.directory import Directory
from services.intake.api import batch
from services.intake.api.models import Submission
from services.intake.handlers.use_cases import use_cases
from services.process import Process, opened, prepare_embedded
from shared.runtime.asking import Acting, IdempotencyKey, Signed
from shared.runtime.collector import spare_the_collector
from shared.runtime.minting import LOCAL_ISSUER
from shared.runtime.routing import json_router
from shared.runtime.serving import Server, server
from shared.runtime.settings import Settings
from shared.runtime.telemetry import start_logging, start_tracing
from shared.store.port import EMPTY, Append, EventStore, Key, Past, Receipt

UNLIMITED: Final = 1_000_000_000
"""Requests a minute: the limiter counts as ever, and a load does not run into it."""
PREFIX: Final = "/bench"


class KeepsNothing:
    """A store's face for the handlers, behind which nothing is: what is appended is answered and forgotten."""

    def __init__(self, store: EventStore) -> None:
        self.installation, self.service, self.origin = store.installation, store.service, store.origin

    async def read(self, stream: str) -> Past:
        return Past(stream=stream, version=EMPTY, events=[], now=datetime.now(UTC))

    async def replay(self, key: Key) -> Receipt | None:
        return None

    async def append(self, append: Append) -> Receipt:
        count = sum(len(each.events) for each in append.streams)
        return Receipt(position=0, count=count, version=0, recordedtime=datetime.now(UTC), answer=append.answer)


async def gatehouse(folder: Path) -> None:
    """Serve role api over a folder, with the routes that store nothing."""
    settings = Settings(data=folder, requests_per_minute=UNLIMITED)
    await prepare_embedded(settings)
    tracing = start_tracing(settings, "api")
    async with opened(settings) as process:
        app = application(process, ["api"], {})
        _add_unstored(app, process)
        spare_the_collector()
        await _serve(app)
    tracing.shutdown()


async def bare() -> None:
    """Serve a FastAPI app that validates and answers."""
    app = FastAPI()

    class Intake(BaseModel):
        name: str
        owner: str
        answers: dict[str, Any]
        business_unit: str | None = None
        product_area: str | None = None

    @app.post("/intakes", status_code=201)
    async def submit(body: Intake) -> dict[str, Any]:
        return {"name": body.name, "owner": body.owner}

    await _serve(app)


def _add_unstored(app: FastAPI, process: Process) -> None:
    intake = next(service.store for service in process.services if service.name == "intake")
    cases = use_cases(KeepsNothing(intake), process.parts.bundle, process.parts.people)  # type: ignore[arg-type]
    directory = Directory(process.parts.people, LOCAL_ISSUER)
    app.include_router(batch.router(cases, directory, example=False), prefix=PREFIX)
    routes = json_router(PREFIX, "bench")

    @routes.post("/noop", status_code=201)
    async def noop(body: Submission, who: Signed, acting: Acting, key: IdempotencyKey) -> dict[str, Any]:
        return {"name": body.name, "by": acting.authid, "key": key.value}

    app.include_router(routes)
    # Routes are tried in their order: before a hundred others, as the one that it is compared with.
    app.router.routes.insert(0, app.router.routes.pop())


async def _serve(app: FastAPI) -> None:
    port = free_port()
    serving: Server = server(app, "127.0.0.1", port)
    asyncio.get_running_loop().create_task(_announce(serving, port)).add_done_callback(lambda task: task.result())
    await serving.main()


async def _announce(serving: Server, port: int) -> None:
    while not serving.started:  # noqa: ASYNC110 - the server wakes nobody
        await asyncio.sleep(0.02)
    sys.stdout.write(f"ready http://127.0.0.1:{port}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    start_logging("info")
    serving: Callable[[], Awaitable[None]] = bare if arguments[0] == "bare" else lambda: gatehouse(Path(arguments[1]))
    asyncio.run(serving())  # type: ignore[arg-type]  # a coroutine in both cases


if __name__ == "__main__":
    main(sys.argv[1:])
