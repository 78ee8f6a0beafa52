"""The driver: it sets the clock, lets happen what is due, waits until everybody has heard of it, and moves on.

What happens next is always the earliest of what a clock has to say and what a story asks for, in a fixed order where
two fall on one instant; therefore the logs are a function of the stories alone.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from services.example.acts import Facts, Step, Telling
from services.example.clocks import Clocks, Subject
from services.example.followers import Followers
from services.example.stage import Stage

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class PlayClock:
    """The clock of the play, which stands still while something happens."""

    now: datetime = LONG_AGO

    def __call__(self) -> datetime:
        """The instant at which the play is."""
        return self.now


@dataclass(order=True)
class _Due:
    """A step that a story asks for; `number` counts the story's steps."""

    at: datetime
    story: int
    number: int = field(compare=False)
    step: Step = field(compare=False)


class _Queue:
    """The next step of every story that is not over yet."""

    def __init__(self, stories: Mapping[str, Telling[None]]) -> None:
        self.names = list(stories)
        self._tellings = list(stories.values())
        self._due = [_Due(step.at, n, 0, step) for n, told in enumerate(self._tellings) if (step := next(told, None))]
        heapq.heapify(self._due)

    @property
    def head(self) -> _Due | None:
        """The earliest step; at one instant, that of the story which stands first."""
        return self._due[0] if self._due else None

    def go_on(self, facts: Facts) -> None:
        """Tell the story of the earliest step what that led to, and hear what it asks for next."""
        done = heapq.heappop(self._due)
        try:
            step = self._tellings[done.story].send(facts)
        except StopIteration:
            return
        heapq.heappush(self._due, _Due(step.at, done.story, done.number + 1, step))


@dataclass
class Driver:
    """Plays stories. `floor` is the greatest recorded time found at the start: all before it has happened already."""

    stage: Stage
    clocks: Clocks
    followers: Followers
    clock: PlayClock
    floor: datetime = LONG_AGO
    steps: int = 0

    async def play(
        self, stories: Mapping[str, Telling[None]], end: datetime, report: Callable[[datetime, int], None]
    ) -> None:
        """Let everything happen up to and including `end`; `report` hears how far it is. Raises as `Stage.perform`."""
        queue = _Queue(stories)
        while (due := queue.head) is not None and due.at <= end:
            await self._notices(due.at, report)
            queue.go_on(await self._happened(due, queue.names[due.story]))
            report(due.at, self.steps)
        await self._notices(end, report)
        self.clock.now = max(self.floor, end)
        report(end, self.steps)

    async def _happened(self, due: _Due, name: str) -> Facts:
        self._set(due.at)
        self.followers.hold()
        performed = await self.stage.perform(due.step, f"{name}/{due.number}", self.floor)
        if performed.anew:
            await self.followers.caught_up()
        if due.step.system is not None:
            self.clocks.touch(self._subjects(due.step.system))
        self.steps += 1
        return [event.fact for event in performed.events]

    async def _notices(self, until: datetime, report: Callable[[datetime, int], None]) -> None:
        """Give notice of everything that clocks have to say by then."""
        if until < self.floor:
            return  # it was given before
        await self.clocks.ask()
        while (coming := self.clocks.earliest()) is not None and coming[0] <= until:
            at, subject = coming
            self._set(at)
            await self.clocks.notice(subject, at)
            await self.followers.caught_up()
            self.steps += 1
            report(at, self.steps)

    def _subjects(self, system: str) -> list[Subject]:
        known = self.stage.known
        return [
            Subject("intake", known.intake(system)),
            *(Subject("review", each) for each in known.reviews(system)),
        ]

    def _set(self, at: datetime) -> None:
        self.clock.now = max(self.floor, at)
