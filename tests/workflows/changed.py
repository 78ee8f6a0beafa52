"""A review clock that was changed carelessly: it sleeps where the other asks, so old histories can't go on with it."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.review.workflows import REVIEW_CLOCK
    from shared.runtime.timekeeping import Watch


@workflow.defn(name=REVIEW_CLOCK)
class ChangedClock:
    """The same by name."""

    @workflow.run
    async def run(self, watch: Watch) -> Watch:
        await workflow.sleep(timedelta(days=1))
        return watch
