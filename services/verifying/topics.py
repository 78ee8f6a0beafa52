"""The logs as they lie on Kafka: facts in the order of their positions, under the newest head published beside them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

from services.verifying.places import NothingToVerify, topic
from services.verifying.suspect import Suspect
from shared.log.open import open_log
from shared.log.port import LogReader, Record, checkpoints_topic, facts_topic, position_in
from shared.log.soundness import Soundness
from shared.log.spilling import temporary_file
from shared.runtime.settings import SERVICES
from shared.transparency.walk import Watch

_VKEY_HEADER = "vkey"


class _Facts:
    """A topic's bodies by position, in a temporary file. The relay may publish one twice; two that differ are a fault.

    Partitions come one after the other, so that positions do not come in order.
    """

    def __init__(self) -> None:
        self.unequal: set[int] = set()
        self._file = temporary_file("fact (position INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        self._file.execute("BEGIN")

    def take(self, record: Record) -> None:
        """Note a record."""
        row = (record.position, record.value)
        if self._file.execute("INSERT OR IGNORE INTO fact VALUES (?, ?)", row).rowcount:
            return
        (kept,) = self._file.execute("SELECT body FROM fact WHERE position = ?", row[:1]).fetchone()
        if kept != record.value:
            self.unequal.add(record.position)

    def count(self) -> int:
        """How many there are."""
        return int(self._file.execute("SELECT count(*) FROM fact").fetchone()[0])

    def in_order(self) -> Iterator[bytes]:
        """Bodies by position, up to the first that is missing."""
        for expected, (position, body) in enumerate(self._file.execute("SELECT * FROM fact ORDER BY position")):
            if position != expected:
                return
            yield body

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
        return topic(service, [], b"", b"", [], facts.watch()) if facts.count() else None
    newest = max(heads, key=lambda record: record.position)
    remembered = [(f"the head published at {head.position + 1}", head.value) for head in heads if head is not newest]
    vkeys = newest.headers.get(_VKEY_HEADER, b"")
    suspect = topic(service, facts.in_order(), newest.value, vkeys, remembered, facts.watch())
    return replace(suspect, recorded=facts.count)


async def _records(reader: LogReader, name: str) -> AsyncIterator[Record]:
    """What has a position; what strangers wrote without one is nobody's word about a log."""
    ends = await reader.ends([name])
    async for batch in reader.replay([name], ends):
        for record in batch:
            if position_in(record.headers) is not None:
                yield record
