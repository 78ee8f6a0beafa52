"""A TCP proxy that misbehaves on demand: slow, silent, or cutting connections off after so many bytes."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CHUNK = 64 * 1024
REFUSED = (OSError, asyncio.IncompleteReadError)


@dataclass(slots=True, eq=False)
class _Link:
    """One connection through the proxy. A silent one stays silent for ever, as one whose peer is gone."""

    writers: list[asyncio.StreamWriter]
    silent: bool = False
    left: int | None = None
    pumps: list["asyncio.Task[None]"] = field(default_factory=list)


class Proxy:
    """Listens on a port of its own and passes everything to `target`, a port on this machine."""

    def __init__(self) -> None:
        self.port = 0
        self.target = 0
        self.delay = 0.0  # seconds, each way
        self._silent = False
        self._cut_after: int | None = None
        self._links: set[_Link] = set()
        self.cut = 0

    @property
    def links(self) -> int:
        """How many connections there are."""
        return len(self._links)

    def go_silent(self) -> None:
        """From now on every connection, also a new one, is open and says nothing."""
        self._silent = True
        for link in self._links:
            link.silent = True

    def heal(self) -> None:
        """New connections work again, and none is cut any more; silent ones stay silent."""
        self._silent, self._cut_after, self.delay = False, None, 0.0
        for link in self._links:
            link.left = None

    def cut_after(self, count: int) -> None:
        """Each connection, also a new one, is reset once so many bytes have come back through it."""
        self._cut_after = count
        for link in self._links:
            link.left = count

    def reset_all(self) -> None:
        """Reset what there is."""
        for link in list(self._links):
            self._reset(link)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        link = _Link([writer], silent=self._silent, left=self._cut_after)
        self._links.add(link)
        try:
            if link.silent:
                while await reader.read(CHUNK):
                    pass
                return
            back, onwards = await asyncio.open_connection("127.0.0.1", self.target)
            link.writers.append(onwards)
            link.pumps = [
                asyncio.create_task(self._pump(link, reader, onwards, counted=False)),
                asyncio.create_task(self._pump(link, back, writer, counted=True)),
            ]
            await asyncio.wait(link.pumps, return_when=asyncio.FIRST_COMPLETED)
        except REFUSED:
            pass  # what the fault is about: the other side sees its connection end
        finally:
            await self._end(link)

    async def _pump(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool
    ) -> None:
        try:
            while data := await reader.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                if link.silent:
                    continue
                if counted and link.left is not None:
                    link.left -= len(data)
                    if link.left <= 0:
                        writer.write(data[: link.left] if link.left else data)
                        self.cut += 1
                        self._reset(link)
                        return
                writer.write(data)
                await writer.drain()
        except REFUSED:
            return  # ends the connection

    def _reset(self, link: _Link) -> None:
        for writer in link.writers:
            connection = writer.get_extra_info("socket")
            if connection is not None and connection.fileno() >= 0:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _end(self, link: _Link) -> None:
        for pump in link.pumps:
            pump.cancel()
        await asyncio.gather(*link.pumps, return_exceptions=True)
        for writer in link.writers:
            writer.transport.abort()
        self._links.discard(link)


@asynccontextmanager
async def proxied(target: int = 0) -> AsyncIterator[Proxy]:
    """A proxy at work; its connections end with it."""
    proxy = Proxy()
    proxy.target = target
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.reset_all()
        async with asyncio.timeout(10):
            while proxy.links:  # noqa: ASYNC110 - each ends by itself
                await asyncio.sleep(0.02)
