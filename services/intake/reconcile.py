"""Which triage clocks the event log expects: one for every round that waits for a ruling or for answers, by a clock."""

from typing import Final

from services.intake.consumer.clocks import due_for
from shared.events.fact import Fact
from shared.events.intake import IntakeWithdrawn, SystemLaunched, SystemMerged, SystemRetired, TierConfirmed
from shared.log.starter import Start
from shared.runtime.reconciling import Expected
from shared.store.port import EventStore

BATCH: Final = 1_000


class TriageClocks:
    """The rounds of one store that still need a clock; each asking reads on from where the last one ended."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._position = -1
        self._open: dict[str, Start] = {}
        self._ended: dict[str, Start] = {}
        self._settled = 0

    async def expected(self) -> Expected:
        """The clocks of the open rounds; a round once settled needs none ever again."""
        while events := await self._store.after(self._position, BATCH):
            for event in events:
                self._take(event.stream, event.fact, event.id)
            self._position = events[-1].position
        return Expected(list(self._open.values()), self._settled)

    def _take(self, stream: str, fact: Fact, event_id: str) -> None:
        if (start := due_for(fact, event_id)) is not None:
            self._open[stream] = start
        elif isinstance(fact, TierConfirmed | IntakeWithdrawn):
            self._settled += self._open.pop(stream, None) is not None
        elif isinstance(fact, SystemRetired | SystemMerged) and stream in self._open:
            self._ended[stream] = self._open.pop(stream)
            self._settled += 1
        elif isinstance(fact, SystemLaunched) and stream in self._ended:  # in use again, and waiting again
            self._open[stream] = self._ended.pop(stream)
            self._settled -= 1
