"""Serving an application over HTTP: uvicorn, with bounds on what may come before a request."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS: Final = 8.0
"""How long a client may take from its first byte (or from connecting) to the end of its headers."""
HEAD_BYTES: Final = 64 * 1024
BODY_SECONDS: Final = 20.0
BODY_BYTES: Final = 10_000
"""A body goes on by so many bytes in each `BODY_SECONDS`, or ends: 500 bytes a second are less than any line has, and
a bound on the whole would refuse large evidence over a slow one."""
DRAIN_SECONDS: Final = 10
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class _Flow(FlowControl):
    """Tells when reading goes on after it was paused: for that time the client is not to blame."""

    def __init__(self, transport: asyncio.Transport, resumed: Callable[[], None]) -> None:
        super().__init__(transport)
        self._resumed = resumed

    def resume_reading(self) -> None:
        if self.read_paused:
            self._resumed()
        super().resume_reading()


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose heads are bounded in time and size, and whose bodies in slowness; uvicorn bounds none of it."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_body = False
    _body_check: asyncio.TimerHandle | None = None
    _body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """A client connected: from now on its time runs."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self._body_resumed)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._head_ended()
        self._body_ended()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came; those of a head are counted."""
        if self._deadline is not None:
            self._head_bytes += min(len(data), HEAD_BYTES)
            if self._head_bytes > HEAD_BYTES and b"\r\n\r\n" not in data:
                self.transport.write(_TOO_LARGE)
                self.transport.close()
                return
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_body:
            if self._body_check is None:
                self._expect_body()
        elif self._deadline is None and self.timeout_keep_alive_task is None and self.cycle.response_complete:
            self._expect_head()  # line ends between two requests: uvicorn stops its timer for them, and begins none

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_ended()
        self._in_body = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """The body goes on."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._body_ended()
        super().on_message_complete()

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._head_bytes = 0
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _head_ended(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expect_body(self) -> None:
        self._body_bytes = 0
        self._body_check = self.loop.call_later(BODY_SECONDS, self._judge_body)

    def _judge_body(self) -> None:
        waits_for_us = self.flow.read_paused or self.cycle.waiting_for_100_continue
        if self._body_bytes >= BODY_BYTES or waits_for_us:
            self._expect_body()
        else:
            self.transport.close()

    def _body_resumed(self) -> None:
        if self._body_check is not None:
            self._body_check.cancel()
            self._expect_body()

    def _body_ended(self) -> None:
        self._in_body = False
        if self._body_check is not None:
            self._body_check.cancel()
            self._body_check = None


class Server(uvicorn.Server):
    """uvicorn's server without its hold on signals: whoever runs it decides what a signal ends."""

    async def main(self) -> None:
        """Serve until `should_exit` is set; SIGINT and SIGTERM are the caller's."""
        await self._serve()


def server(app: ASGIApp, host: str, port: int, **more: Any) -> Server:
    """A server to `await main()`. It trusts no forwarded headers, names no software, and leaves logging to us."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        **more,
    )
    return Server(config)
