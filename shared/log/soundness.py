"""What makes a log of facts sound beyond its hashes: every entry an event of ours, every stream's versions dense.

For verifiers that walk a log from position 0; the transparency log itself knows nothing of streams.
"""

from datetime import datetime

from shared.events.catalogue import MalformedFact, UnknownType, fact_of
from shared.events.envelope import Envelope, MalformedEvent, parse


class Soundness:
    """Watches a log's entries in order. Call it with each position and entry; it answers what is wrong, or None."""

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}
        self._keys: dict[str, str] = {}
        self._ids: set[str] = set()
        self._recorded: datetime | None = None

    def __call__(self, position: int, entry: bytes) -> str | None:
        """The fault of that entry in words, None if it is sound. Positions are expected dense from 0."""
        try:
            event = parse(entry)
            fact_of(event.type, event.data)
        except (MalformedEvent, MalformedFact) as error:
            return f"not an event: {error}"
        except UnknownType as error:
            return f"a fact that this build does not know: {error}"
        return self._out_of_order(event)

    def _out_of_order(self, event: Envelope) -> str | None:
        expected = self._versions.get(event.subject, -1) + 1
        if event.streamversion != expected:
            return f"stream {event.subject} goes on with version {event.streamversion} instead of {expected}"
        if self._keys.setdefault(event.subject, event.partitionkey) != event.partitionkey:
            return f"stream {event.subject} moved to the key {event.partitionkey}"
        if event.id in self._ids:
            return f"the event id {event.id} stands twice"
        if self._recorded is not None and event.recordedtime < self._recorded:
            return "recorded before the entry in front of it"
        self._versions[event.subject] = expected
        self._ids.add(event.id)
        self._recorded = event.recordedtime
        return None
