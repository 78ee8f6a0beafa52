"""The hands of the triage clock: they ask the log, and call a handler when an instant has come."""

from typing import Final

from temporalio import activity

from services.intake.handlers.systems import By
from services.intake.handlers.triaging import Triaging
from services.intake.workflows import CLOCK
from shared.events.envelope import stamp
from shared.runtime.idempotency import derived_key
from shared.runtime.principals import Place
from shared.runtime.timekeeping import Next, Notice, next_instant_of, notice_of
from shared.store.port import Context

AUTHOR: Final = "gatehouse/intake/clock"


class TriageHands:
    """Activities of the triage clock; they are named for the clock, and a retry meets the command's key."""

    def __init__(self, triaging: Triaging) -> None:
        self._triaging = triaging

    @activity.defn(name=next_instant_of(CLOCK))
    async def next_instant(self, intake_id: str) -> Next:
        """When the round's clock has something to say next."""
        settled, at = await self._triaging.next_instant(intake_id)
        return Next(settled=settled, at=at)

    @activity.defn(name=notice_of(CLOCK))
    async def notice(self, notice: Notice) -> None:
        """Record what has fallen due."""
        await self._triaging.notice(notice.subject, by_the_clock(notice))


def by_the_clock(notice: Notice) -> By:
    """The clock as an actor: one key per intake and instant, so that a repeated notice is no second one."""
    at = stamp(notice.due_at)
    key = derived_key("clock/intake", f"{CLOCK}-{notice.subject}/notice/{at}", notice.subject, at)
    context = Context(authtype="system", authid=AUTHOR, correlationid=notice.subject, causationid=None)
    return By(context=context, key=key, guard=_everywhere)


def _everywhere(_: Place) -> None:
    """Our own clocks have no scope."""
