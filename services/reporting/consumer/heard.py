"""One record of the event log as the projections take it in."""

from msgspec import Struct

from services.reporting.domain.cut import Mark
from shared.events.envelope import Envelope
from shared.events.fact import Fact
from shared.log.port import Record
from shared.transparency.hashes import leaf_hash


class Heard(Struct, frozen=True):
    """A fact with where it came from. `digest` is the leaf hash of the bytes received, in hex."""

    service: str
    partition: int
    position: int
    envelope: Envelope
    fact: Fact
    digest: str

    @property
    def mark(self) -> Mark:
        """Where the fact stands in both times."""
        return Mark(self.envelope.time, self.envelope.recordedtime, self.position)

    @property
    def system_id(self) -> str | None:
        """The AI system the fact belongs to; the key of what belongs to none is its own stream."""
        key = self.envelope.partitionkey
        return None if key == self.envelope.subject else key


def hear(record: Record) -> Heard:
    """The fact in a record of a facts topic; raises `MalformedEvent`, `UnknownType` or `MalformedFact`."""
    service = record.partition.topic.split(".")[1]
    digest = leaf_hash(record.value).hex()
    return Heard(service, record.partition.number, record.position, record.envelope, record.fact, digest)
