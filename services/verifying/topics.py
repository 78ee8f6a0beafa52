"""The logs as they lie on Kafka: facts in the order of their positions, under the newest head published beside them."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace

from services.verifying.places import NothingToVerify, topic
from services.verifying.suspect import Suspect
from shared.log.open import open_log
from shared.log.port import LogReader, Record, checkpoints_topic, facts_topic
from shared.log.soundness import Soundness
from shared.runtime.settings import SERVICES
from shared.transparency.walk import Watch

_VKEY_HEADER = "vkey"


@dataclass
class _Facts:
    """A topic's bodies by position. The relay may publish one twice; two that differ are a fault."""

    bodies: dict[int, bytes] = field(default_factory=dict)
    unequal: set[int] = field(default_factory=set)

    def take(self, record: Record) -> None:
        """Note a record."""
        if self.bodies.setdefault(record.position, record.value) != record.value:
            self.unequal.add(record.position)

    def in_order(self) -> Iterable[bytes]:
        """Bodies by position, up to the first that is missing."""
        for position in range(len(self.bodies)):
            if position not in self.bodies:
                return
            yield self.bodies[position]

    def watch(self) -> Watch:
        """What is wrong with a position, as far as the topic tells."""
        sound = Soundness()

        def look(position: int, body: bytes) -> str | None:
            if position in self.unequal:
                return "the topic holds two different records for this position"
            return sound(position, body)

        return look


async def on_kafka(source: str) -> list[Suspect]:
    """The services' logs on that broker. Raises `NothingToVerify`, and `LogUnavailable` when it can't be reached."""
    log = await open_log(source)
    try:
        reader = log.reader()
        suspects = [await _suspect(reader, service) for service in SERVICES]
        await reader.close()
    finally:
        await log.close()
    found = [suspect for suspect in suspects if suspect is not None]
    if not found:
        raise NothingToVerify(f"no heads are published at {source}")
    return found


async def _suspect(reader: LogReader, service: str) -> Suspect | None:
    heads = [record async for record in _records(reader, checkpoints_topic(service))]
    facts = _Facts()
    async for record in _records(reader, facts_topic(service)):
        facts.take(record)
    if not heads:  # no facts and no head: nothing was recorded yet; facts that no head covers are a fault
        unsigned = topic(service, [], b"", b"", [], facts.watch())
        return replace(unsigned, begun=lambda: True) if facts.bodies else None
    newest = max(heads, key=lambda record: record.position)
    remembered = [(f"the head published at {head.position + 1}", head.value) for head in heads if head is not newest]
    vkeys = newest.headers.get(_VKEY_HEADER, b"")
    return topic(service, list(facts.in_order()), newest.value, vkeys, remembered, facts.watch())


async def _records(reader: LogReader, name: str) -> AsyncIterator[Record]:
    ends = await reader.ends([name])
    async for batch in reader.replay([name], ends):
        for record in batch:
            yield record
