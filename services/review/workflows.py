"""The clock of one review: it waits, asks, and says that an instant has come; what is true lies in the log."""

from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from shared.runtime.timekeeping import LOOK, Bell, Watch, keep_time

CLOCK: Final = "review"
REVIEW_CLOCK: Final = "review-clock"
TASK_QUEUE: Final = "review"


@workflow.defn(name=REVIEW_CLOCK)
class ReviewClock:
    """Keeps the time of all clocks of one review, whose id is the watch's subject."""

    @workflow.init
    def __init__(self, watch: Watch) -> None:
        self._bell = Bell()

    @workflow.run
    async def run(self, watch: Watch) -> Watch:
        """Until the review is decided or withdrawn."""
        return await keep_time(CLOCK, watch, self._bell)

    @workflow.signal(name=LOOK)
    def look(self) -> None:
        """Something changed: look again."""
        self._bell.ring()
