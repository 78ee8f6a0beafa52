"""The clock of one round of triage: it waits, asks, and says that an instant has come; what is true lies in the log."""

from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from shared.runtime.timekeeping import LOOK, Bell, Watch, keep_time

CLOCK: Final = "triage"
TRIAGE_CLOCK: Final = "triage-clock"
TASK_QUEUE: Final = "intake"


@workflow.defn(name=TRIAGE_CLOCK)
class TriageClock:
    """Keeps the time of one intake's round, whose id is the watch's subject."""

    @workflow.init
    def __init__(self, watch: Watch) -> None:
        self._bell = Bell()

    @workflow.run
    async def run(self, watch: Watch) -> Watch:
        """Until the tier is confirmed, or the intake ends otherwise."""
        return await keep_time(CLOCK, watch, self._bell)

    @workflow.signal(name=LOOK)
    def look(self) -> None:
        """Something changed: look again."""
        self._bell.ring()
