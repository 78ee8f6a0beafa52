"""Many submissions in one request: NDJSON in, one result per line out, in the order of the lines, as they are done.

Lines are worked on side by side; a bad line never touches its neighbours. The request is read to its end before the
first result is written: a client that sends everything before it reads anything would otherwise wait for us, and we
for it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import StreamingResponse

from services.intake.adapters.directory import Directory, Remembering
from services.intake.api.asking import IMPORTERS, SUBMITTERS, Asker, told
from services.intake.api.models import Imported
from services.intake.api.problems import problem_of
from services.intake.api.reading import model_in
from services.intake.api.shapes import SystemReceipt
from services.intake.domain.commands import Source
from services.intake.handlers.use_cases import UseCases
from shared.refusals import Refused
from shared.runtime import strict_json
from shared.runtime.answers import receipt_of
from shared.runtime.asking import Acting, Signed
from shared.runtime.bodies import read_body
from shared.runtime.idempotency import digest_of, scope_of
from shared.runtime.principals import Place
from shared.runtime.problems import refusal_of
from shared.runtime.routing import json_router
from shared.store.batching import LARGEST_BATCH
from shared.store.port import Key

log = structlog.get_logger()
NDJSON: Final = "application/x-ndjson"
_TAKEN: Final = (NDJSON, "application/ndjson", "application/jsonl")
MAX_BATCH: Final = 16 * 1024 * 1024
AT_ONCE: Final = 2 * LARGEST_BATCH
"""Lines worked on at the same time: while those that share a commit wait for it, as many others are decided."""

_ROUTE: Final = "/intake/v1/intakes:batch"


def router(cases: UseCases, directory: Directory, *, example: bool) -> APIRouter:
    """The endpoint; among `example` data no portfolio is imported."""
    routes = json_router("/intake/v1", "intake")

    @routes.post(
        "/intakes:batch",
        summary="Submit many systems: one JSON object per line in, one result per line out",
        response_class=StreamingResponse,
        openapi_extra={"requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}}},
    )
    async def submit_all(request: Request, who: Signed, acting: Acting) -> StreamingResponse:
        raw = await read_body(request, limit=MAX_BATCH, media_types=_TAKEN)
        lines = [line for line in raw.split(b"\n") if line.strip()]
        work = _Batch(cases, directory, Asker(who, acting), example=example)
        return StreamingResponse(work.results(lines), media_type=NDJSON)

    return routes


class _Batch:
    """One request's lines, worked on side by side."""

    def __init__(self, cases: UseCases, directory: Directory, asker: Asker, *, example: bool) -> None:
        self._cases, self._directory, self._asker = cases, Remembering(directory), asker
        self._example = example
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def results(self, lines: Sequence[bytes]) -> AsyncIterator[bytes]:
        """The result of every line, in their order, each as soon as it and those before it are done."""
        async with asyncio.TaskGroup() as tasks:
            begun = [tasks.create_task(self._result(number, line)) for number, line in enumerate(lines, start=1)]
            for task in begun:
                yield msgspec.json.encode(await task) + b"\n"

    async def _result(self, number: int, raw: bytes) -> dict[str, Any]:
        key: str | None = None
        async with self._turns:
            try:
                tree = strict_json.parse(raw)
                line = model_in(Imported, raw)
                key = line.key
                done = await self._done(line, tree)
                return {"line": number, "key": key, "status": 201 if done["outcome"] == "registered" else 200, **done}
            except Exception as error:
                refused = refusal_of(error)
                if refused.code == "unexpected":
                    log.error("a line of a batch failed", line=number, error=repr(error), exc_info=error)
                return _refusal(number, key, refused)

    async def _done(self, line: Imported, tree: object) -> SystemReceipt:
        self._allowed(line)
        source = Source(origin="import" if line.imported else "batch", ref=line.external_key)
        description = await told(line, self._directory, self._asker, source)
        scope = scope_of(self._asker.who.person, "POST", _ROUTE)
        key = Key(scope=scope, value=line.key, digest=digest_of("POST", _ROUTE, tree))
        by = self._asker.by(key, *SUBMITTERS)
        if line.on_known == "amend":
            return receipt_of(SystemReceipt, await self._cases.retelling.tell(line.as_told(description), by))
        return receipt_of(SystemReceipt, await self._cases.describing.submit(line.as_told(description), by))

    def _allowed(self, line: Imported) -> None:
        """Raises `Refused`: `example-data`; `invalid-field` or `forbidden` for history that is not theirs to tell."""
        if line.imported and self._example:
            raise Refused("example-data", "this installation holds an example: import into one of your own")
        if (said := line.history_of) is None:
            return
        if not line.imported:
            wrong = {"detail": "only for a line with `imported: true`", "pointer": f"#/{said}"}
            raise Refused("invalid-field", "this is for systems that were there before Gatehouse", [wrong])
        place = Place(business_unit=line.business_unit, product_area=line.product_area)
        self._asker.guard(*IMPORTERS)(place)


def _refusal(number: int, key: str | None, refused: Refused) -> dict[str, Any]:
    return {"line": number, "key": key, "status": refused.status, "problem": problem_of(refused)}
