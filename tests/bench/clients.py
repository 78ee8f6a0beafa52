"""Clients that cost the machine little: HTTP/1.1 over connections that stay open, requests made of ready bytes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import urlsplit

Make = Callable[[], bytes]
"""The next request, as bytes on the wire."""


class WrongAnswer(Exception):
    """An answer had another status than was expected: what was measured is not what was meant."""


class Connection(asyncio.Protocol):
    """One connection with one request under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._held, self._needed = bytearray(), -1
        self._answer: asyncio.Future[bytes] | None = None

    @classmethod
    async def to(cls, url: str) -> Self:
        """Connected to a server."""
        place = urlsplit(url)
        _, made = await asyncio.get_running_loop().create_connection(cls, place.hostname, place.port)
        return made

    async def ask(self, request: bytes, status: int) -> bytes:
        """The whole answer to a request, head and body; raises `WrongAnswer` for another status."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        answer = await self._answer
        if int(answer[9:12]) != status:
            raise WrongAnswer(answer[:1000].decode(errors="replace"))
        return answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(WrongAnswer(f"the connection was lost: {error!r}"))

    def data_received(self, data: bytes) -> None:
        self._held += data
        if self._needed < 0:
            self._needed = _length(self._held)
        if 0 <= self._needed <= len(self._held):
            answer, self._needed = bytes(self._held[: self._needed]), -1
            self._held.clear()
            assert self._answer is not None
            self._answer.set_result(answer)


def _length(held: bytearray) -> int:
    """The length of an answer, head and body; -1 while its head is not whole."""
    head = held.find(b"\r\n\r\n")
    if head < 0:
        return -1
    lower = bytes(held[:head]).lower()
    place = lower.index(b"content-length:") + len(b"content-length:")
    return head + 4 + int(lower[place:].split(b"\r\n", 1)[0])


def request(url: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """A POST as bytes on the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in ({"Content-Type": "application/json"} | dict(headers)).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def connections(url: str, count: int) -> AsyncIterator[Sequence[Connection]]:
    """So many connections to a server."""
    made = [await Connection.to(url) for _ in range(count)]
    try:
        yield made
    finally:
        for each in made:
            each.close()


async def rate(to: Sequence[Connection], make: Make, seconds: float, status: int = 201) -> float:
    """Answers per second when every connection asks again as soon as it is answered."""
    answered, began = 0, time.perf_counter()
    until = began + seconds

    async def ask(one: Connection) -> None:
        nonlocal answered
        while time.perf_counter() < until:
            await one.ask(make(), status)
            answered += 1

    await asyncio.gather(*(ask(one) for one in to))
    return answered / (time.perf_counter() - began)


async def latencies(
    to: Sequence[Connection], make: Make, seconds: float, pause: float, status: int = 201
) -> list[float]:
    """How long each answer took, in seconds, when every connection waits a while before it asks again."""
    taken: list[float] = []
    until = time.perf_counter() + seconds

    async def ask(one: Connection) -> None:
        while (began := time.perf_counter()) < until:
            await one.ask(make(), status)
            taken.append(time.perf_counter() - began)
            await asyncio.sleep(pause)

    await asyncio.gather(*(ask(one) for one in to))
    return taken


def percentile(values: Sequence[float], percent: int) -> float:
    """Nearest rank."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


def intakes(url: str, path: str, token: str, run: str) -> Make:
    """Submissions of systems that nobody knows yet, each under a key of its own."""
    numbers: Iterator[int] = iter(range(1 << 60))
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    def make() -> bytes:
        name = f"{run}-{next(numbers)}"
        body = _BODY.replace(b"NAME", name.encode())
        return request(url, path, body, headers | {"Idempotency-Key": name})

    return make


_BODY = (
    b'{"name":"NAME","owner":"operator","answers":{"intended_use":"To sort what comes in, so that people see the '
    b'urgent first."},"business_unit":"Retail","product_area":"Cards"}'
)
