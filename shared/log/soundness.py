"""What makes a log of facts sound beyond its hashes: every entry an event of ours, every stream's versions dense.

For verifiers that walk a log from position 0; the transparency log itself knows nothing of streams.
"""

from datetime import datetime

from shared.events.catalogue import MalformedFact, UnknownType, fact_of
from shared.events.envelope import Envelope, MalformedEvent, parse
from shared.log.spilling import HELD, Spilling


class Soundness:
    """Watches a log's entries in order. Call it with each position and entry; it answers what is wrong, or None.

    What it has to remember of streams and ids does not stay in memory (`held` of each at most).
    """

    def __init__(self, held: int = HELD) -> None:
        self.streams = Spilling(held)
        self.ids = Spilling(held)
        self._recorded: datetime | None = None

    def __call__(self, position: int, entry: bytes) -> str | None:
        """The fault of that entry in words, None if it is sound. Positions are expected dense from 0."""
        try:
            event = parse(entry)
        except MalformedEvent as error:
            return f"not an event: {error}"
        return self.of(event)

    def of(self, event: Envelope) -> str | None:
        """As the call, for an entry that was read already."""
        try:
            fact_of(event.type, event.data)
        except MalformedFact as error:
            return f"not an event: {error}"
        except UnknownType as error:
            return f"a fact that this build does not know: {error}"
        return self._out_of_order(event)

    def _out_of_order(self, event: Envelope) -> str | None:
        version, key = self.streams[event.subject] or (-1, event.partitionkey)
        if event.streamversion != version + 1:
            return f"stream {event.subject} goes on with version {event.streamversion} instead of {version + 1}"
        if event.partitionkey != key:
            return f"stream {event.subject} moved to the key {event.partitionkey}"
        if self.ids[event.id] is not None:
            return f"the event id {event.id} stands twice"
        if self._recorded is not None and event.recordedtime < self._recorded:
            return "recorded before the entry in front of it"
        self.streams[event.subject] = (event.streamversion, key)
        self.ids[event.id] = (0, "")
        self._recorded = event.recordedtime
        return None
