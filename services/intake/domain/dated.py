"""Facts that happened at another time than the command's."""

from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.evolve import SystemFact


@dataclass(frozen=True, slots=True)
class Dated:
    """A fact and when it happened: a launch reported later, a clock noticed late."""

    fact: SystemFact
    at: datetime


Decided = SystemFact | Dated
"""What a decision is made of: facts of the command's own time, and dated ones."""
