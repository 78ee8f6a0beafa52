"""What reporting keeps of each system, review and discovery: every fact that a KPI may ask for, with both its times.

A history is folded from one stream's facts alone, in their order, so it does not depend on how streams interleave.
Nothing is overwritten: any past date can be answered from it. `gc=False`: a book holds hundreds of thousands of these,
none refers to itself, and the collector would walk through all of them again and again.
"""

from datetime import datetime
from typing import Literal, TypeVar

from msgspec import Struct
from msgspec.json import decode, encode
from msgspec.structs import replace

from services.reporting.domain.cut import Mark
from shared.events import intake, review
from shared.events.fact import Fact

APPROVED = frozenset({"approved", "approved_with_conditions"})


Turning = Literal["registered", "withdrawn", "submitted", "retired", "launched", "merged"]
"""`launched` turns only what was retired before: it is in use again."""


class Turn(Struct, frozen=True, array_like=True, gc=False):
    """A system entered or left the portfolio."""

    at: Mark
    what: Turning


class Placed(Struct, frozen=True, array_like=True, gc=False):
    """Where a system belongs from here on."""

    at: Mark
    business_unit: str | None
    product_area: str | None


class Tiered(Struct, frozen=True, array_like=True, gc=False):
    """A tier came into force: provisionally (proposed) or confirmed."""

    at: Mark
    tier: str
    high_risk: bool
    confirmed: bool
    round: int
    prohibited: bool = False

    @property
    def guarded(self) -> bool:
        """Whether it counts among the high-risk tiers, as a prohibited one does in any bundle."""
        return self.high_risk or self.prohibited


class Launched(Struct, frozen=True, array_like=True, gc=False):
    """The system, or a version of it, went live."""

    at: Mark
    launched_at: datetime
    imported: bool
    reviewed: bool


class Sent(Struct, frozen=True, array_like=True, gc=False):
    """A round of triage was sent back to the submitter for answers, or (`back`) is the triager's again."""

    at: Mark
    round: int
    back: bool


class SystemHistory(Struct, frozen=True, array_like=True, gc=False):
    """One AI system as the KPIs see it."""

    system_id: str
    turns: tuple[Turn, ...] = ()
    places: tuple[Placed, ...] = ()
    tiers: tuple[Tiered, ...] = ()
    launches: tuple[Launched, ...] = ()
    discovery_id: str | None = None
    sent: tuple[Sent, ...] = ()


class Opened(Struct, frozen=True, array_like=True, gc=False):
    """A review was opened for a round of triage."""

    at: Mark
    system_id: str
    round: int
    tier: str
    high_risk: bool
    business_unit: str | None
    product_area: str | None


class Ran(Struct, frozen=True, array_like=True, gc=False):
    """The review clock began to run towards `due_at`, or stood still (None)."""

    at: Mark
    due_at: datetime | None


class Scored(Struct, frozen=True, array_like=True, gc=False):
    """How complete the evidence was when it was submitted."""

    at: Mark
    complete: int
    required: int


class Decided(Struct, frozen=True, array_like=True, gc=False):
    """The review ended with a decision. `submitter_seconds` of the time since it was opened were the submitter's."""

    at: Mark
    approved: bool
    within: bool
    submitted_at: datetime
    decided_at: datetime
    submitter_seconds: int
    expires_at: datetime | None


class ReviewHistory(Struct, frozen=True, array_like=True, gc=False):
    """One review as the KPIs see it."""

    review_id: str
    opened: Opened | None = None
    runs: tuple[Ran, ...] = ()
    scores: tuple[Scored, ...] = ()
    decided: Decided | None = None
    withdrawn: Mark | None = None


class DiscoveryHistory(Struct, frozen=True, array_like=True, gc=False):
    """One discovered AI system, whether it was found in use, and whether its discovery was settled: as the system that
    it turned out to be, or (None) as none."""

    discovery_id: str
    found: Mark | None = None
    business_unit: str | None = None
    product_area: str | None = None
    settled: Mark | None = None
    live: bool = True
    system_id: str | None = None


H = TypeVar("H", SystemHistory, ReviewHistory, DiscoveryHistory)


def written(history: SystemHistory | ReviewHistory | DiscoveryHistory) -> str:
    """The history as text, JSON."""
    return encode(history).decode()


def read(text: str, kind: type[H]) -> H:
    """The history in a text."""
    return decode(text, type=kind)


def of_system(past: SystemHistory, fact: Fact, at: Mark) -> SystemHistory:
    """The system's history with one more fact of its stream; facts no KPI asks for leave it as it is."""
    past = _placed(past, fact, at)
    match fact:
        case intake.SystemRegistered():
            return replace(_turned(past, at, "registered"), discovery_id=fact.discovery_id)
        case intake.AnswersRequested():
            return replace(past, sent=(*past.sent, Sent(at, fact.round, back=False)))
        case intake.IntakeWithdrawn():
            return _turned(past, at, "withdrawn")
        case intake.IntakeSubmitted() if any(turn.what == "withdrawn" for turn in past.turns):
            return _turned(past, at, "submitted")
        case intake.SystemRetired():
            return _turned(past, at, "retired")
        case intake.SystemMerged():
            return _turned(past, at, "merged")
        case intake.TierProposed():
            return _tiered(past, fact, at, confirmed=False)
        case intake.TierConfirmed():
            return _tiered(past, fact, at, confirmed=True)
        case intake.SystemLaunched():
            launch = Launched(at, fact.launched_at, fact.imported_history, fact.reviewed)
            ended = next((turn.at.time for turn in reversed(past.turns) if turn.what == "retired"), None)
            again = ended is not None and fact.launched_at >= ended
            return replace(_turned(past, at, "launched") if again else past, launches=(*past.launches, launch))
        case _:
            return past


def of_review(past: ReviewHistory, fact: Fact, at: Mark) -> ReviewHistory:
    """The review's history with one more fact of its stream; facts no KPI asks for leave it as it is."""
    match fact:
        case review.ReviewOpened():
            return replace(past, opened=_opened(fact, at))
        case review.ReviewWithdrawn():
            return replace(past, withdrawn=at)
        case review.ClockStarted(clock="review") | review.ClockResumed(clock="review"):
            return replace(past, runs=(*past.runs, Ran(at, fact.due_at)))
        case review.ClockPaused(clock="review") | review.ClockStopped(clock="review"):
            return replace(past, runs=(*past.runs, Ran(at, None)))
        case review.CompletenessScored():
            return replace(past, scores=(*past.scores, Scored(at, fact.complete, fact.required)))
        case review.DecisionRecorded():
            return replace(past, decided=_decided(fact, at))
        case _:
            return past


def of_discovery(past: DiscoveryHistory, fact: Fact, at: Mark) -> DiscoveryHistory:
    """The discovery's history with one more fact of its stream."""
    match fact:
        case intake.SystemDiscovered():
            place = {"business_unit": fact.business_unit, "product_area": fact.product_area}
            return replace(past, found=at, live=fact.live, **place)
        case intake.DiscoverySettled():
            return replace(past, settled=at, system_id=fact.system_id)
        case _:
            return past


def _turned(past: SystemHistory, at: Mark, what: Turning) -> SystemHistory:
    return replace(past, turns=(*past.turns, Turn(at, what)))


def _tiered(
    past: SystemHistory, fact: intake.TierProposed | intake.TierConfirmed, at: Mark, *, confirmed: bool
) -> SystemHistory:
    tier = Tiered(at, fact.tier, fact.high_risk, confirmed, fact.round, fact.prohibited)
    return replace(_answered(past, at, fact.round), tiers=(*past.tiers, tier))


def _answered(past: SystemHistory, at: Mark, number: int) -> SystemHistory:
    waits = past.sent and not past.sent[-1].back and past.sent[-1].round == number
    return replace(past, sent=(*past.sent, Sent(at, number, back=True))) if waits else past


def _placed(past: SystemHistory, fact: Fact, at: Mark) -> SystemHistory:
    match fact:
        case intake.SystemRegistered() | intake.TierConfirmed():
            place = Placed(at, fact.business_unit, fact.product_area)
        case intake.IntakeSubmitted() | intake.IntakeAmended() if past.places:
            last = past.places[-1]
            place = Placed(at, fact.business_unit or last.business_unit, fact.product_area or last.product_area)
        case _:
            return past
    if past.places and (place.business_unit, place.product_area) == (
        past.places[-1].business_unit,
        past.places[-1].product_area,
    ):
        return past
    return replace(past, places=(*past.places, place))


def _opened(fact: review.ReviewOpened, at: Mark) -> Opened:
    return Opened(at, fact.system_id, fact.round, fact.tier, fact.high_risk, fact.business_unit, fact.product_area)


def _decided(fact: review.DecisionRecorded, at: Mark) -> Decided:
    return Decided(
        at,
        approved=fact.outcome in APPROVED,
        within=fact.within,
        submitted_at=fact.submitted_at,
        decided_at=fact.decided_at,
        submitter_seconds=fact.submitter_seconds,
        expires_at=fact.expires_at,
    )
