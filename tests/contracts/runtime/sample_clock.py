"""A clock workflow as services define theirs, one that was changed carelessly, and hands over a store of the tests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from shared.runtime.timekeeping import LOOK, Bell, Next, Notice, Watch, keep_time, next_instant_of, notice_of

QUEUE = "sample"


@workflow.defn(name="sample-clock")
class SampleClock:
    """As in the docstring of `shared.runtime.timekeeping`."""

    @workflow.init
    def __init__(self, watch: Watch) -> None:
        self._bell = Bell()

    @workflow.run
    async def run(self, watch: Watch) -> Watch:
        return await keep_time("sample", watch, self._bell)

    @workflow.signal(name=LOOK)
    def look(self) -> None:
        self._bell.ring()


@workflow.defn(name="sample-clock")
class ChangedClock:
    """The same by name, but it sleeps where the other asks: histories of the other can't be replayed on it."""

    @workflow.run
    async def run(self, watch: Watch) -> Watch:
        await workflow.sleep(timedelta(days=1))
        return watch


@dataclass
class Subject:
    """What the store knows: the instants that matter, and which were noticed. `paused` while people hold the ball."""

    instants: list[datetime]
    noticed: list[Notice] = field(default_factory=list)
    settled: bool = False
    paused: bool = False
    asked: int = 0
    deaf: int = 0
    """So many notices are not taken yet: the store's clock is behind."""


class Hands:
    """The activities, over subjects kept in memory: the domain's part, played by the tests."""

    def __init__(self, **subjects: Subject) -> None:
        self.subjects = subjects
        self.on_ask: Callable[[Subject], None] | None = None

    @activity.defn(name=next_instant_of("sample"))
    async def next_instant(self, subject: str) -> Next:
        if subject not in self.subjects:
            raise ApplicationError(f"nobody knows {subject}", "a detail of it", non_retryable=True)
        known = self.subjects[subject]
        known.asked += 1
        if self.on_ask is not None:
            self.on_ask(known)
        if known.settled:
            return Next(settled=True)
        open_instants = sorted(set(known.instants) - {notice.due_at for notice in known.noticed})
        if known.paused:
            return Next(settled=False)
        return Next(settled=not open_instants, at=open_instants[0] if open_instants else None)

    @activity.defn(name=notice_of("sample"))
    async def notice(self, notice: Notice) -> None:
        known = self.subjects[notice.subject]
        if known.deaf:
            known.deaf -= 1
        else:
            known.noticed.append(notice)
