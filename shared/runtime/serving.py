"""Serving an application over HTTP: uvicorn, with bounds on what may come before a request."""

import asyncio
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS: Final = 8.0
"""How long a client may take from its first byte (or from connecting) to the end of its headers."""
HEAD_BYTES: Final = 64 * 1024
DRAIN_SECONDS: Final = 10
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose request heads are bounded in time and size; uvicorn bounds neither."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """A client connected: from now on its time runs."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._head_ended()
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

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_ended()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._head_bytes = 0
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _head_ended(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


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
