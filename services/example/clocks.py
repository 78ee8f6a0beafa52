"""While the example plays, its driver is the clock: it asks what workflows ask, and gives notice as they would."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from services.process import Process
from shared.runtime.service import Service
from shared.runtime.timekeeping import Next, Notice


class Subject(NamedTuple):
    """A triage or a review whose clocks run, by the service that keeps it."""

    service: str
    id: str


class Hands(NamedTuple):
    """The activities of one service's clock."""

    next_instant: Callable[[str], Awaitable[Next]]
    notice: Callable[[Notice], Awaitable[None]]


class StandingStill(Exception):
    """A clock had something to say, was given notice, and still says the same: it would never come to an end."""


class Clocks:
    """Every open subject and when it has something to say next."""

    def __init__(self, process: Process) -> None:
        self._hands = {service.name: _hands(service) for service in process.services if service.workflows}
        self._order: dict[Subject, int] = {}
        self._next: dict[Subject, datetime] = {}
        self._stale: dict[Subject, None] = {}

    def touch(self, subjects: Iterable[Subject]) -> None:
        """Something happened to these: what they said before no longer holds."""
        for subject in subjects:
            self._order.setdefault(subject, len(self._order))
            self._stale[subject] = None

    async def ask(self) -> None:
        """Ask those to whom something happened when they have something to say next."""
        for subject in self._stale:
            self._next.pop(subject, None)
            coming = await self._hands[subject.service].next_instant(subject.id)
            if not coming.settled and coming.at is not None:
                self._next[subject] = coming.at
        self._stale.clear()

    def earliest(self) -> tuple[datetime, Subject] | None:
        """Who speaks next, and when; at one instant, those who were known first."""
        if not self._next:
            return None
        return min(((at, subject) for subject, at in self._next.items()), key=lambda one: (one[0], self._order[one[1]]))

    async def notice(self, subject: Subject, at: datetime) -> None:
        """Give notice that the instant has come. Raises `StandingStill` when that changes nothing."""
        await self._hands[subject.service].notice(Notice(subject=subject.id, due_at=at, noticed_at=at))
        self.touch([subject])
        await self.ask()
        if self._next.get(subject) == at:
            raise StandingStill(f"{subject.service} {subject.id} at {at.isoformat()}")


def _hands(service: Service) -> Hands:
    next_instant, notice = service.activities
    return Hands(next_instant, notice)
