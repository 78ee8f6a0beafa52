"""A log under examination, wherever it lies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.verifying.contents import Contents, NoContents
from shared.transparency.policy import Policy
from shared.transparency.report import Problem, Report
from shared.transparency.verify import Remembered

Examine = Callable[[Policy | None, Sequence[Remembered]], Report]


@dataclass(frozen=True, slots=True)
class Suspect:
    """One service's log: its newest signed head (nothing if there is none), and how to examine it.

    Several examinations may speak of one log: of its rows, and of its tiles.
    """

    service: str
    signed: Callable[[], bytes]
    examine: Sequence[Examine]
    begun: Callable[[], bool] = lambda: False
    """Whether facts are there that a head must cover, though none may be there."""
    contents: Contents = field(default_factory=NoContents)
    """What its facts name by digest, as far as it is kept here."""
    recorded: Callable[[], int | None] = lambda: None
    """How many facts lie here, under the head or not; None where the source shows only what a head covers."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came out for one service: every report, the worst of them first in `problem`."""

    service: str
    reports: Sequence[Report]
    extra: Sequence[Problem] = field(default=())
    contents: Contents = field(default_factory=NoContents)
    recorded: int | None = None

    @property
    def uncovered(self) -> int | None:
        """How many facts were recorded since the head was signed, which vouches for none of them; None: not known."""
        return None if self.recorded is None else max(0, self.recorded - self.reports[0].size)

    @property
    def problem(self) -> Problem | None:
        """The fault at the lowest position, a fault without a place after those with one; None when all held."""
        problems = [*self.extra, *(found for report in self.reports if (found := report.first_bad) is not None)]
        placed = [each for each in problems if each.position is not None]
        if placed:
            return min(placed, key=lambda each: (each.position or 0, each.through or 0))
        return problems[0] if problems else None
