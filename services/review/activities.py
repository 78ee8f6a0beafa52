"""The hands of the review clock: they ask the log, and call a handler when an instant has come."""

from temporalio import activity

from services.review.handlers.consuming import Clockwork
from services.review.workflows import CLOCK
from shared.runtime.timekeeping import Next, Notice, next_instant_of, notice_of


class ReviewHands:
    """Activities of the review clock."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._clockwork = clockwork

    @activity.defn(name=next_instant_of(CLOCK))
    async def next_instant(self, review_id: str) -> Next:
        """When the review's clocks have something to say next."""
        coming = await self._clockwork.coming(review_id)
        return Next(settled=coming.settled, at=coming.at)

    @activity.defn(name=notice_of(CLOCK))
    async def notice(self, notice: Notice) -> None:
        """Record what has fallen due by the store's time; a retry finds that it was said."""
        await self._clockwork.notice(notice.subject)
