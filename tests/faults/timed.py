"""A writer that notes how long each publishing took, also one that failed."""

import time
from collections.abc import Sequence

from shared.log.port import Ends, LogUnavailable, LogWriter, Outgoing


class Timed(LogWriter):
    """A real writer and a watch."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer
        self.seconds: list[float] = []
        self.failures = 0

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> Ends:
        began = time.monotonic()
        try:
            return await self._writer.publish(topic, records)
        except LogUnavailable:
            self.failures += 1
            raise
        finally:
            self.seconds.append(time.monotonic() - began)

    async def ends(self, topic: str) -> Ends:
        return await self._writer.ends(topic)

    async def close(self) -> None:
        await self._writer.close()
