"""The bounds on a connection, over a real socket (table B rows 6 and 24)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from fastapi import APIRouter
from starlette.requests import Request

from shared.runtime import serving
from shared.runtime.serving import HEAD_BYTES, HEAD_SECONDS, server
from tests.contracts.runtime.notes_site import Site

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: gatehouse.test\r\n"


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[int]:
    """The site over a socket of its own; its port."""
    running = server(site.app, "127.0.0.1", 0)
    task = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110 - uvicorn has a flag and no event
        await asyncio.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    await task


@pytest.fixture
async def port(site: Site) -> AsyncIterator[int]:
    async with served(site) as port:
        yield port


async def answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


async def test_slow_headers_are_cut_within_ten_seconds(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert HEAD_SECONDS < 10
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    writer.write(REQUEST)

    async def drip() -> None:
        while True:
            await asyncio.sleep(0.1)
            writer.write(b"X-Slow: 1\r\n")

    dripping = asyncio.create_task(drip())
    assert await reader.read() == b""
    assert 0.4 < time.monotonic() - began < 3
    dripping.cancel()
    writer.close()


async def test_a_silent_connection_is_cut_too(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_a_slow_body_or_a_long_connection_is_not_cut_by_the_limit_on_headers(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(REQUEST + b"\r\n")
        assert b"alive" in await answer(reader)
        await asyncio.sleep(0.2)
    writer.write(b"POST /notes/v1/open HTTP/1.1\r\nHost: gatehouse.test\r\nContent-Type: application/json\r\n")
    writer.write(b"Content-Length: 12\r\n\r\n")
    for byte in b'{"text":"a"}':
        await asyncio.sleep(0.05)
        writer.write(bytes([byte]))
    assert b'"text":"a"' in await answer(reader)
    writer.close()


async def test_line_ends_after_an_answer_keep_no_connection(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST + b"\r\n")
    assert b"alive" in await answer(reader)
    writer.write(b"\r\n")
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


POST = b"POST /notes/v1/open HTTP/1.1\r\nHost: gatehouse.test\r\nContent-Type: application/json\r\n"


async def test_a_body_that_stalls_is_cut(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "BODY_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST + b'Content-Length: 100\r\n\r\n{"text":')
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("drop", [b"1\r\n \r\n", b"1;" + b"a" * 50 + b"\r\n \r\n"])
async def test_a_body_that_drips_is_cut_whatever_stands_between_its_bytes(
    port: int, monkeypatch: pytest.MonkeyPatch, drop: bytes
) -> None:
    """One byte at a time, always in time for any limit on silence."""
    monkeypatch.setattr(serving, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(serving, "BODY_BYTES", 20)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST + b"Transfer-Encoding: chunked\r\n\r\n")

    async def drip() -> None:
        while True:
            await asyncio.sleep(0.05)
            writer.write(drop)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    dripping.cancel()
    writer.close()


async def test_a_slow_line_may_take_as_long_as_its_body_needs(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(serving, "BODY_BYTES", 1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b'{"text":"' + b"a" * 20 + b'"}'
    writer.write(POST + f"Content-Length: {len(body)}\r\n\r\n".encode())
    began = time.monotonic()
    for byte in body:
        await asyncio.sleep(0.05)
        writer.write(bytes([byte]))
    assert b'"text":"aaaa' in await answer(reader)
    assert time.monotonic() - began > 2 * serving.BODY_SECONDS
    writer.close()


@pytest.mark.parametrize("expects", [b"", b"Expect: 100-continue\r\n"])
async def test_while_we_do_not_read_the_client_may_be_silent(
    make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, expects: bytes
) -> None:
    monkeypatch.setattr(serving, "BODY_SECONDS", 1.0)
    routes, reads, body = APIRouter(), asyncio.Event(), b"a" * 100_000

    @routes.post("/slowly")
    async def slowly(request: Request) -> int:
        await asyncio.sleep(1.7 * serving.BODY_SECONDS)
        reads.set()
        return len(await request.body())

    async with served(make_site(routers=(routes,))) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /slowly HTTP/1.1\r\nHost: gatehouse.test\r\nContent-Length: {len(body)}\r\n".encode()
        writer.write(head + expects + b"\r\n")
        if expects:
            assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")
        else:
            writer.write(body[:80_000])  # more than is kept for whom nobody reads
            await reads.wait()
            await asyncio.sleep(0.6 * serving.BODY_SECONDS)  # where our time counted as theirs, theirs would be over
            body = body[80_000:]
        writer.write(body)
        assert b"100000" in await answer(reader)
        writer.close()


async def test_headers_without_end_are_refused(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST)
    for _ in range(HEAD_BYTES // 1000 + 2):
        writer.write(b"X-Long: " + b"a" * 1000 + b"\r\n")
        await asyncio.sleep(0)
    assert (await reader.readline()).startswith(b"HTTP/1.1 431")
    writer.close()


async def test_a_chunked_body_without_end_is_refused_when_it_is_too_large(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /notes/v1/open HTTP/1.1\r\nHost: gatehouse.test\r\nContent-Type: application/json\r\n")
    writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    for _ in range(17):
        writer.write(chunk)
    assert b"413" in await reader.readline()
    writer.close()


async def test_the_server_does_not_name_its_software_or_believe_forwarded_headers(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST + b"X-Forwarded-Proto: https\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")
    head = (await answer(reader)).lower()
    assert head.startswith(b"http/1.1 200")
    assert b"\r\nserver:" not in head
    writer.close()
