"""The import's side of the public API: slices of lines out, one result per line back, tried again until answered."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import httpx2

LATER: Final = frozenset({429, 503, 507})
FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 5.0


class ServerUnreachable(Exception):
    """The server could not be reached, or did not take what it was sent, for as long as patience lasted."""


class ServerRefused(Exception):
    """The server refused the whole request: the message is its problem's title and detail."""


class Server:
    """A server behind an HTTP client that carries its address and the token. `patience` in seconds bounds retries."""

    def __init__(self, client: httpx2.AsyncClient, patience: float) -> None:
        self._client, self._patience = client, patience

    async def get(self, path: str) -> Any:
        """The answer to a read."""
        return (await self._tried("GET", path)).json()

    async def post(self, path: str, body: Mapping[str, Any], key: str) -> Any:
        """The answer to a command under that idempotency key."""
        return (await self._tried("POST", path, json=body, headers={"Idempotency-Key": key})).json()

    async def batch(self, lines: Sequence[Mapping[str, Any]]) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """The place of each line among those given and its result, as they come. What got no result is sent again."""
        waiting, until = dict(enumerate(lines)), time.monotonic() + self._patience
        pause = FIRST_PAUSE
        while waiting:
            moved = False
            async for place, result in self._once(waiting):
                if result["status"] not in LATER:
                    del waiting[place]
                    moved = True
                    yield place, result
            if moved:
                until, pause = time.monotonic() + self._patience, FIRST_PAUSE
            elif time.monotonic() > until:
                raise ServerUnreachable(f"{self._client.base_url} takes no lines")
            if waiting:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _once(self, waiting: Mapping[int, Mapping[str, Any]]) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """The results that one request brings; none, or not all, where the server goes away."""
        places = list(waiting)
        content = "".join(json.dumps(waiting[place], ensure_ascii=False) + "\n" for place in places).encode()
        headers = {"Content-Type": "application/x-ndjson"}
        try:
            async with self._client.stream("POST", _BATCH, content=content, headers=headers) as answer:
                if answer.status_code in LATER:
                    return
                if answer.is_error:
                    await answer.aread()
                    raise ServerRefused(_words(answer))
                async for line in answer.aiter_lines():
                    if line:
                        result = json.loads(line)
                        yield places[result["line"] - 1], result
        except (httpx2.TransportError, json.JSONDecodeError):
            return  # it went away in the middle: what it did is found again by the lines' keys

    async def _tried(self, method: str, path: str, **more: Any) -> httpx2.Response:
        until, pause = time.monotonic() + self._patience, FIRST_PAUSE
        while True:
            reason, answer = "", None
            try:
                answer = await self._client.request(method, path, **more)
            except httpx2.TransportError as error:
                reason = str(error) or type(error).__name__
            if answer is not None and answer.status_code not in LATER:
                if answer.is_error:
                    raise ServerRefused(_words(answer))
                return answer
            if time.monotonic() > until:
                raise ServerUnreachable(reason if answer is None else _words(answer))
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


_BATCH: Final = "/intake/v1/intakes:batch"


def _words(answer: httpx2.Response) -> str:
    try:
        problem = answer.json()
        return f"{problem['title']}: {problem['detail']}"
    except (json.JSONDecodeError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason_phrase}"
