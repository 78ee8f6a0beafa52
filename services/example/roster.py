"""Who fills which place on which day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.example.script import Away, Person, Script

CHAIR: Final = "board_chair"
BOARD: Final = (CHAIR, "board_member")
TRIAGERS: Final = ("priya", "tomas")
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat on the board on a day: who votes, and for whom if not for themselves."""

    voter: str
    behalf: str | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """The places of the example organisation, from the instant at which the play starts."""

    script: Script
    start: datetime

    def lead(self, discipline: str) -> str:
        """Who leads a discipline."""
        return self._holder(f"discipline_lead:{discipline}")

    def second(self, discipline: str) -> str:
        """Who reviews for a discipline beside its lead; raises `LookupError` where nobody does."""
        return self._holder(f"reviewer:{discipline}")

    def chair(self) -> str:
        """Who chairs the board."""
        return self._holder(CHAIR)

    def seats(self, at: datetime) -> Sequence[Seat]:
        """The seats of the board at that instant, the chair's first."""
        members = [one for office in BOARD for one in self._held(office, at)]
        away = {one.giver: one.receiver for one in self.script.away if self._during(one, at)}
        return [Seat(away.get(one.id, one.id), one.id if one.id in away else None) for one in members]

    def day(self, number: int) -> datetime:
        """The beginning of a day of the play."""
        return self.start + timedelta(days=number)

    def _held(self, office: str, at: datetime) -> Iterator[Person]:
        for one in self.script.people:
            until = None if one.until is None else self.day(one.until)
            if office in one.offices and self.day(one.since) <= at and (until is None or at < until):
                yield one

    def _during(self, away: Away, at: datetime) -> bool:
        return self.day(away.since) <= at < self.day(away.until)

    def _holder(self, office: str) -> str:
        for one in self.script.people:
            if office in one.offices:
                return one.id
        raise LookupError(f"nobody holds the office {office}")
