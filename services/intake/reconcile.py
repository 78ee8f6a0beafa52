"""Which triage clocks the event log expects: read from the store itself, so never behind what was appended."""

from typing import Final

from services.intake.consumer.clocks import due_of, subject_of
from services.intake.handlers.triaging import Triaging
from shared.log.starter import Start
from shared.runtime.reconciling import Expected
from shared.store.port import EventStore

_BATCH: Final = 500
_KINDS: Final = frozenset({"gatehouse.intake.tier_proposed", "gatehouse.intake.answers_requested"})
"""The facts that start a clock, without their versions: all others are passed over unread."""


class TriageClocks:
    """The rounds of triage in one store that still need a clock."""

    def __init__(self, store: EventStore, triaging: Triaging) -> None:
        self._store, self._triaging = store, triaging
        self._seen = -1
        self._open: dict[str, Start] = {}
        self._settled = 0

    async def expected(self) -> Expected:
        """The clocks of the rounds that are not ruled on yet; a round once settled is not asked again."""
        await self._catch_up()
        for workflow_id in list(self._open):
            settled, _ = await self._triaging.next_instant(subject_of(workflow_id))
            if settled:
                del self._open[workflow_id]
                self._settled += 1
        return Expected(list(self._open.values()), self._settled)

    async def _catch_up(self) -> None:
        while stored := await self._store.after(self._seen, _BATCH):
            for one in stored:
                if one.type.rpartition(".v")[0] in _KINDS:
                    self._open |= {start.workflow_id: start for start in due_of(one.fact, one.id)}
            self._seen = stored[-1].position
