"""What a KPI counts: one case per system, discovery or review, with its share of the number and the facts behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from services.reporting.domain.cut import Cut, Mark, Period
from services.reporting.domain.histories import (
    DiscoveryHistory,
    Opened,
    Placed,
    ReviewHistory,
    Sent,
    SystemHistory,
    Tiered,
    Turn,
)

NO_TIER = "none"
"""The segment of what has no tier yet: discoveries, and systems that nobody has triaged."""


Ref = tuple[str, int]
"""A fact, by the service whose log holds it and its position there."""


class Case(msgspec.Struct, frozen=True, gc=False):
    """One subject's share of a number: added up, the cases of a KPI are its numerator and denominator.

    `beside` are the shares of the second number that is shown with the first (`Definition.beside`). `intake` and
    `review` are the positions of the facts that decide the share, in the logs of these services.
    """

    subject: str
    system_id: str | None
    tier: str
    product_area: str | None
    numerator: float
    denominator: float
    beside: tuple[float, float]
    intake: tuple[int, ...] = ()
    review: tuple[int, ...] = ()

    @property
    def facts(self) -> tuple[Ref, ...]:
        """The facts that decide the share."""
        of_intake = tuple(("intake", position) for position in self.intake)
        return of_intake + tuple(("review", position) for position in self.review)


@dataclass(frozen=True)
class Book:
    """The histories a question is asked of; whoever may not see a subject is given a book without it.

    A system may have moved since its review: `reviewed` are the systems of the reviews, where a review may be seen
    without its system, and `gating` the reviews of the systems, where a system may be seen without its review; else
    None.
    """

    systems: Sequence[SystemHistory]
    reviews: Sequence[ReviewHistory]
    discoveries: Sequence[DiscoveryHistory]
    reviewed: Sequence[SystemHistory] | None = None
    gating: Sequence[ReviewHistory] | None = None

    @cached_property
    def sent_in(self) -> Mapping[tuple[str, int], Sequence[Sent]]:
        """How each round of triage went to its submitter and back, by system id and round."""
        found: dict[tuple[str, int], list[Sent]] = {}
        for one in self.systems if self.reviewed is None else self.reviewed:
            for sent in one.sent:
                found.setdefault((one.system_id, sent.round), []).append(sent)
        return found

    @cached_property
    def reviews_of(self) -> Mapping[str, Sequence[tuple[ReviewHistory, Opened]]]:
        """The reviews of each system that were ever opened, by system id."""
        found: dict[str, list[tuple[ReviewHistory, Opened]]] = {}
        for one in self.reviews if self.gating is None else self.gating:
            if one.opened is not None:
                found.setdefault(one.opened.system_id, []).append((one, one.opened))
        return found


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: on which side of which line, and about which period where one is named."""

    cut: Cut
    period: Period | None = None

    @property
    def over(self) -> bool:
        """Whether it is about a period that is over, in what was true then: the same question will come again."""
        return self.period is not None and self.period.ends_at(self.cut.true_at) and self.cut.known_at is None

    def asks_about(self, mark: Mark) -> bool:
        """Whether what ended with this fact belongs into the answer."""
        return self.cut.sees(mark) and (self.period is None or self.period.holds(mark.time))


def registration(turns: Sequence[Turn], cut: Cut, live: bool) -> Turn | None:
    """The registration of a system that is active at the cut, None where it is not there, not yet or no more.

    A system whose intake was taken back, and which was never launched, is not active until it is submitted again; one
    that was retired is not until it is launched again.
    """
    registered, here, gone = None, False, False
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
            case "retired":
                gone = True
            case "launched":
                here, gone = True, False
            case "merged":
                return None
    return registered if here and not gone else None


def product_area(places: Sequence[Placed], cut: Cut) -> str | None:
    """The product area of a system at the cut."""
    return next((one.product_area for one in reversed(places) if cut.sees(one.at)), None)


def tiers_in_force(system: SystemHistory, cut: Cut) -> tuple[Tiered | None, Tiered | None]:
    """The confirmed tier at the cut, and the proposal that has been in force beside it since (both may be absent).

    A proposal beside a confirmed tier ends where its intake is taken back: the confirmed one stands alone again. Where
    none was ever confirmed it stays, or a live system could be led out of its tier by taking its intake back.
    """
    confirmed, proposed = None, None
    for tier in system.tiers:
        if cut.sees(tier.at):
            confirmed, proposed = (tier, None) if tier.confirmed else (confirmed, tier)
    if confirmed is not None and proposed is not None and _taken_back(system.turns, proposed.at, cut):
        proposed = None
    return confirmed, proposed


def _taken_back(turns: Sequence[Turn], since: Mark, cut: Cut) -> bool:
    return any(turn.what == "withdrawn" and turn.at.position > since.position and cut.sees(turn.at) for turn in turns)
