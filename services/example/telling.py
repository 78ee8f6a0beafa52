"""A story while it is told: whose it is, and where its time stands."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.example.acts import Act, Facts, Step, Telling
from services.example.roster import Roster
from services.example.script import System
from services.example.whims import Whims
from shared.events.fact import Fact
from shared.policy.calendar import BusinessCalendar


class Teller:
    """One system's story. `at` is the instant of what happens next; people work in the hours of the system's region.

    `answers` are those of its intake, `stead` names who reviews for a discipline whose lead has stepped back.
    """

    def __init__(
        self,
        system: System,
        answers: Mapping[str, str | list[str]],
        roster: Roster,
        calendar: BusinessCalendar,
        whims: Whims,
    ) -> None:
        self.system, self.roster, self.whims = system, roster, whims
        self.answers = dict(answers)
        self.stead: dict[str, str] = {}
        self._calendar = calendar
        self.at = self.later(roster.day(system.day), whims.between(0.0, 0.9))

    def do(self, *acts: Act) -> Telling[Facts]:
        """Let these happen now, and hear what they led to."""
        facts = yield Step(at=self.at, acts=acts, system=self.system.name)
        return facts

    def wait(self, low: float, high: float) -> None:
        """Let between so many business days go by."""
        self.at = self.later(self.at, self.whims.between(low, high))

    def later(self, at: datetime, days: float) -> datetime:
        """The instant so many business days later, to the second."""
        return self._calendar.add(at, timedelta(seconds=round(days * self._calendar.day_minutes * 60)))


def told(facts: Facts, kind: type[Fact]) -> bool:
    """Whether a fact of that kind is among these."""
    return any(isinstance(fact, kind) for fact in facts)
