"""Which review clocks the event log expects: one for every undecided review."""

from services.review.consumer.docket import Docket
from services.review.consumer.workflow_starts import workflow_of
from services.review.workflows import REVIEW_CLOCK
from shared.log.starter import Start
from shared.runtime.reconciling import Expected


class ReviewClocks:
    """The reviews of one store that still need a clock."""

    def __init__(self, docket: Docket) -> None:
        self._docket = docket

    async def expected(self) -> Expected:
        """The clocks of the undecided reviews; a review once settled needs none ever again."""
        undecided = await self._docket.all()
        clocks = [Start(workflow_of(one.review_id), REVIEW_CLOCK, one.event_id) for one in undecided]
        return Expected(clocks, self._docket.settled)
