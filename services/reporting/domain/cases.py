"""What a KPI counts: one case per system, discovery or review, with its share of the number and the facts behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from services.reporting.domain.cut import Cut, Mark, Period
from services.reporting.domain.histories import DiscoveryHistory, Placed, ReviewHistory, SystemHistory, Tiered, Turn

NO_TIER = "none"
"""The segment of what has no tier yet: discoveries, and systems that nobody has triaged."""


Ref = tuple[str, int]
"""A fact, by the service whose log holds it and its position there."""


class Case(msgspec.Struct, frozen=True, gc=False):
    """One subject's share of a number: added up, the cases of a KPI are its numerator and denominator.

    `beside` are the shares of the second number that is shown with the first (`Definition.beside`).
    """

    subject: str
    system_id: str | None
    tier: str
    product_area: str | None
    business_unit: str | None
    numerator: float
    denominator: float
    beside: tuple[float, float]
    facts: tuple[Ref, ...]


@dataclass(frozen=True)
class Book:
    """All histories a question is asked of; whoever may not see a subject is given a book without it."""

    systems: Sequence[SystemHistory]
    reviews: Sequence[ReviewHistory]
    discoveries: Sequence[DiscoveryHistory]

    @cached_property
    def reviews_of(self) -> Mapping[str, Sequence[ReviewHistory]]:
        """The reviews of each system, by system id."""
        found: dict[str, list[ReviewHistory]] = {}
        for one in self.reviews:
            if one.opened is not None:
                found.setdefault(one.opened.system_id, []).append(one)
        return found


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: on which side of which line, and about which period where one is named."""

    cut: Cut
    period: Period | None = None

    def asks_about(self, mark: Mark) -> bool:
        """Whether what ended with this fact belongs into the answer."""
        return self.cut.sees(mark) and (self.period is None or self.period.holds(mark.time))


def intake_ref(mark: Mark) -> Ref:
    """The fact at this mark in the log of intake."""
    return "intake", mark.position


def review_ref(mark: Mark) -> Ref:
    """The fact at this mark in the log of review."""
    return "review", mark.position


def registration(turns: Sequence[Turn], cut: Cut, live: bool) -> Turn | None:
    """The registration of a system that is active at the cut, None where it is not there, not yet or no more.

    A system whose intake was taken back, and which was never launched, is not active until it is submitted again.
    """
    registered, here = None, False
    for turn in turns:
        if not cut.sees(turn.at):
            continue
        match turn.what:
            case "registered":
                registered, here = turn, True
            case "submitted":
                here = True
            case "withdrawn":
                here = live
            case "retired" | "merged":
                return None
    return registered if here else None


def place(places: Sequence[Placed], cut: Cut) -> tuple[str | None, str | None]:
    """The product area and business unit of a system at the cut."""
    for one in reversed(places):
        if cut.sees(one.at):
            return one.product_area, one.business_unit
    return None, None


def tiers_in_force(tiers: Sequence[Tiered], cut: Cut) -> tuple[Tiered | None, Tiered | None]:
    """The confirmed tier at the cut, and the proposal that has been in force beside it since (both may be absent)."""
    confirmed, proposed = None, None
    for tier in tiers:
        if cut.sees(tier.at):
            confirmed, proposed = (tier, None) if tier.confirmed else (confirmed, tier)
    return confirmed, proposed
