"""What is to be imported, and how."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_SPREAD: Final = re.compile(r"([1-9]\d{0,5})-per-day")
LAST_DAY: Final = 2000
"""The latest business day from now for which the API takes the beginning of a triage."""


class UnusableOptions(ValueError):
    """What was asked for can't be done with this portfolio."""


@dataclass(frozen=True, slots=True)
class Reviews:
    """When triage of the imported systems begins, and with it the clocks: at once, never by itself, or so many a day.

    The import confirms no tier: whoever imports has requested, and nobody confirms their own request. The policy
    confirms by itself what it may; everything else waits for a triager, whose clock is what this spreads.
    """

    text: str
    per_day: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """`all`, `none` or `N-per-day`; raises `ValueError` for anything else."""
        if text in ("all", "none"):
            return cls(text, None)
        if (found := _SPREAD.fullmatch(text)) is None:
            raise ValueError("reviews are `all`, `none` or `N-per-day`, for example 25-per-day")
        return cls(text, int(found[1]))

    @property
    def at_once(self) -> bool:
        """Whether every clock starts with the import."""
        return self.text == "all"

    def day_of(self, place: int) -> int:
        """After how many business days the clock of the system at that place in the order of risk starts."""
        return place // self.per_day if self.per_day is not None else 0

    def check(self, systems: int) -> None:
        """Raises `UnusableOptions` where the clock of the last of so many systems would start too late to be kept."""
        if systems and self.day_of(systems - 1) > LAST_DAY:
            least = (systems - 1) // (LAST_DAY + 1) + 1
            raise UnusableOptions(
                f"{self.text} spreads {systems} systems over more than {LAST_DAY} business days: "
                f"give --reviews {least}-per-day or more"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One import. `state` is the folder in which an unfinished run leaves its mark, so that it can be resumed."""

    file: Path
    mapping: str
    reviews: Reviews
    state: Path
    compare_label: str | None = None
    report: Path | None = None
