"""A writer that says some things twice, as a producer does whose acknowledgement got lost."""

from collections.abc import Sequence

from shared.log.port import Ends, LogWriter, Outgoing


class Repeating(LogWriter):
    """A real writer before which every tenth record is repeated, at once and in its place."""

    EVERY = 10

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> Ends:
        fed = [each for record in records for each in ([record] * (1 + (int(record.headers["pos"]) % self.EVERY == 0)))]
        return await self._writer.publish(topic, fed)

    async def ends(self, topic: str) -> Ends:
        return await self._writer.ends(topic)

    async def close(self) -> None:
        await self._writer.close()
