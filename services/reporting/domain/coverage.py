"""KPI 1, coverage, and KPI 2, high-risk coverage: how much of what exists the programme has seen, and in time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from services.reporting.domain.cases import (
    NO_TIER,
    Book,
    Case,
    Question,
    product_area,
    registration,
    tiers_in_force,
)
from services.reporting.domain.cut import Cut
from services.reporting.domain.histories import Decided, Launched, Opened, ReviewHistory, SystemHistory, Tiered


def coverage(book: Book, question: Question) -> Iterator[Case]:
    """Registered with a confirmed tier ÷ (registered + discovered and unregistered), of what is active.

    What was found in use and registered is counted as a discovery again while its registration is taken back and
    nothing of it was ever launched: it is in use for all we know, and nobody answers for it.
    """
    cut = question.cut
    for system in book.systems:
        registered = registration(system.turns, cut, _live(system, cut))
        if registered is None:
            continue
        confirmed, proposed = tiers_in_force(system, cut)
        shown = confirmed or proposed
        area, share = product_area(system.places, cut), 1.0 if confirmed else 0.0
        tier = shown.tier if shown else NO_TIER
        facts = (registered.at.position, shown.at.position) if shown else (registered.at.position,)
        yield Case(system.system_id, system.system_id, tier, area, share, 1.0, (share, 1.0), facts)
    yield from _discovered(book, cut)


def high_risk_coverage(book: Book, question: Question) -> Iterator[Case]:
    """High-risk systems live whose latest launch followed an approval of all their reviews ÷ high-risk systems live.

    What was launched before Gatehouse could not be reviewed by it before: such a system is left out of the first
    number until its next launch. The second number holds all: there it counts once a review has approved it. What is
    live although its tier is prohibited is covered by nothing: no approval stands for such a use.
    """
    cut = question.cut
    for system in book.systems:
        launch = _latest(system.launches, cut)
        tier = _guarding_tier(system, cut)
        if launch is None or tier is None or registration(system.turns, cut, live=True) is None:
            continue
        deadline = cut.true_at if launch.imported else launch.launched_at
        # Intake knows of changes that are declared and not yet triaged: what it calls unreviewed is not covered.
        counts = (launch.reviewed or launch.imported) and not tier.prohibited
        approval = _approval(system, book.reviews_of.get(system.system_id, ()), cut, deadline) if counts else None
        share = 1.0 if approval else 0.0
        area = product_area(system.places, cut)
        first = (0.0, 0.0) if launch.imported else (share, 1.0)
        facts = (launch.at.position, tier.at.position)
        approved = (approval.at.position,) if approval else ()
        yield Case(system.system_id, system.system_id, tier.tier, area, *first, (share, 1.0), facts, approved)


def _discovered(book: Book, cut: Cut) -> Iterator[Case]:
    """Discoveries that no system answers: not settled, nor named by a registration, or only by what is taken back."""
    named, taken_back = defaultdict[str, set[str]](set), dict[str, int]()
    for system in book.systems:
        turns = [turn for turn in system.turns if cut.sees(turn.at)]
        if system.discovery_id is not None and any(turn.what == "registered" for turn in turns):
            named[system.discovery_id].add(system.system_id)
        if turns and turns[-1].what == "withdrawn" and not _live(system, cut):
            taken_back[system.system_id] = turns[-1].at.position
    for lost in book.discoveries:
        if lost.found is None or not cut.sees(lost.found):
            continue
        answers = set(named[lost.discovery_id])
        if lost.settled is not None and cut.sees(lost.settled):
            if lost.system_id is None:
                continue
            answers.add(lost.system_id)
        if not answers or (lost.live and answers <= taken_back.keys()):
            facts = (lost.found.position, *sorted(taken_back[one] for one in answers))
            yield Case(lost.discovery_id, None, NO_TIER, lost.product_area, 0.0, 1.0, (0.0, 1.0), facts)


def _live(system: SystemHistory, cut: Cut) -> bool:
    return any(cut.sees(launch.at) for launch in system.launches)


def _latest(launches: Sequence[Launched], cut: Cut) -> Launched | None:
    return max((one for one in launches if cut.sees(one.at)), key=lambda one: one.launched_at, default=None)


def _guarding_tier(system: SystemHistory, cut: Cut) -> Tiered | None:
    in_force = [tier for tier in tiers_in_force(system, cut) if tier is not None]
    # A proposal guards from its first moment, but cannot take the guard of a confirmed tier away.
    ranked = [*(tier for tier in in_force if tier.prohibited), *(tier for tier in in_force if tier.high_risk)]
    return ranked[0] if ranked else None


def _approval(
    system: SystemHistory, reviews: Sequence[tuple[ReviewHistory, Opened]], cut: Cut, deadline: datetime
) -> Decided | None:
    """The approval that stood at the deadline, given by a high-risk review of the round that was then in force."""
    rounds = [tier.round for tier in system.tiers if tier.confirmed and cut.sees(tier.at) and tier.at.time <= deadline]
    for one, opened in reviews:
        decided = one.decided
        if decided is None or not rounds or opened.round != rounds[-1] or not opened.high_risk:
            continue
        in_time = cut.sees(decided.at) and decided.decided_at <= deadline
        if in_time and decided.approved and (decided.expires_at is None or decided.expires_at > deadline):
            return decided
    return None
