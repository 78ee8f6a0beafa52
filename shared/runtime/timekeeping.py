"""How a clock workflow keeps time (DESIGN 7): it asks what comes next, waits for that or for a signal, and says so.

The workflow holds an id and timers; what is true is asked of the store each time. Therefore a signal means only "look
again", and one that is lost, late or repeated changes nothing. Deterministic, and safe to import again in the sandbox.

A service defines its own workflow and names its activities `<clock>.next-instant` and `<clock>.notice`:

    with workflow.unsafe.imports_passed_through():
        from shared.runtime.timekeeping import LOOK, Bell, Watch, keep_time

    @workflow.defn(name="review-clock")
    class ReviewClock:
        @workflow.init
        def __init__(self, watch: Watch) -> None:
            self._bell = Bell()

        @workflow.run
        async def run(self, watch: Watch) -> Watch:
            return await keep_time("review", watch, self._bell)

        @workflow.signal(name=LOOK)
        def look(self) -> None:
            self._bell.ring()

    class Hands:  # activities.py
        @activity.defn(name=next_instant_of("review"))
        async def next_instant(self, subject: str) -> Next: ...

        @activity.defn(name=notice_of("review"))
        async def notice(self, notice: Notice) -> None: ...
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy

LOOK: Final = "look"
"""The one signal of every clock."""

MAX_EVENTS: Final = 5_000
"""A run goes on as a new one from here, a tenth of what Temporal would stop at."""

ACTIVITY_TIMEOUT: Final = timedelta(seconds=10)
"""An activity is one reading or one append, for which a store has five seconds: a worker that takes longer is dead, and
another does it again."""
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=1)
_RETRY: Final = RetryPolicy(initial_interval=FIRST_PAUSE, maximum_interval=LONGEST_PAUSE)


@dataclass(frozen=True)
class Watch:
    """What a clock watches, by id, and how it has fared: notices given and the worst lateness in seconds."""

    subject: str
    notices: int = 0
    worst_lateness: float = 0.0


@dataclass(frozen=True)
class Next:
    """What matters next: `settled` ends the clock; `at` is the next instant, None while only people can move things."""

    settled: bool
    at: datetime | None = None


@dataclass(frozen=True)
class Notice:
    """An instant has come. `noticed_at` is later by the outage or delay there was; it is recorded, never assumed 0."""

    subject: str
    due_at: datetime
    noticed_at: datetime

    @property
    def lateness(self) -> float:
        """Seconds between the instant and its notice."""
        return (self.noticed_at - self.due_at).total_seconds()


class Bell:
    """Rung by the signal; the loop hears it before it asks, so that no ring between asking and waiting is lost."""

    def __init__(self) -> None:
        self._rung = False

    def ring(self) -> None:
        """Somebody says: look again."""
        self._rung = True

    def heard(self) -> None:
        """The loop is about to look."""
        self._rung = False

    async def rings_within(self, time: timedelta | None) -> bool:
        """Wait for a ring; False when the time was over first, at once if there is none to wait."""
        if time is not None and time <= timedelta(0):
            return self._rung
        try:
            await workflow.wait_condition(lambda: self._rung, timeout=time)
        except asyncio.TimeoutError:  # noqa: UP041 - the name Temporal documents; on 3.11 it is TimeoutError itself
            return False
        return True


def next_instant_of(clock: str) -> str:
    """The name of the activity that answers `Next` for a subject."""
    return f"{clock}.next-instant"


def notice_of(clock: str) -> str:
    """The name of the activity that takes a `Notice`."""
    return f"{clock}.notice"


async def keep_time(clock: str, watch: Watch, bell: Bell) -> Watch:
    """Keep the time of one subject until it is settled; returns how the watch has fared."""
    noticed: datetime | None = None
    pause = FIRST_PAUSE
    while True:
        bell.heard()
        coming = await _next_instant(clock, watch)
        if coming.settled:
            return watch
        if _is_long():
            workflow.continue_as_new(watch)
        pause = min(pause * 2, LONGEST_PAUSE) if coming.at == noticed else FIRST_PAUSE
        if await bell.rings_within(_wait(coming, noticed, pause)) or coming.at is None:
            continue
        watch = await _give_notice(clock, watch, coming.at)
        noticed = coming.at


def _wait(coming: Next, noticed: datetime | None, pause: timedelta) -> timedelta | None:
    """How long until the notice is due; None: until a ring."""
    if coming.at is None:
        return None
    # An instant that was noticed and still comes next is in the future of the store's clock: try again, ever later.
    return max(coming.at - workflow.now(), pause if coming.at == noticed else timedelta(0))


async def _next_instant(clock: str, watch: Watch) -> Next:
    answer: Next = await workflow.execute_activity(
        next_instant_of(clock),
        watch.subject,
        result_type=Next,
        start_to_close_timeout=ACTIVITY_TIMEOUT,
        retry_policy=_RETRY,
    )
    return answer


async def _give_notice(clock: str, watch: Watch, due_at: datetime) -> Watch:
    notice = Notice(watch.subject, due_at, workflow.now())
    await workflow.execute_activity(
        notice_of(clock), notice, start_to_close_timeout=ACTIVITY_TIMEOUT, retry_policy=_RETRY
    )
    return replace(watch, notices=watch.notices + 1, worst_lateness=max(watch.worst_lateness, notice.lateness))


def _is_long() -> bool:
    info = workflow.info()
    return info.is_continue_as_new_suggested() or info.get_current_history_length() >= MAX_EVENTS
