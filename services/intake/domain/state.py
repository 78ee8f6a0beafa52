"""What an AI system's stream amounts to, as a union of shapes: what has no shape here can't happen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from services.intake.domain.launches import Approval, Launch
from services.intake.domain.rules import Assessment
from shared.events.fact import Answer, PersonId, Sealed
from shared.refusals import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who a system belongs to and where: its scope for grants, its calendar, its place in reports."""

    name: str
    owner: PersonId
    requester: PersonId
    region: str
    business_unit: str | None
    product_area: str | None
    team: str | None
    external_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One round of describing a system; `submitted_at` is when the round's intake was recorded.

    `described_by` are all who had a hand in what it says: they submitted, amended or declared it.
    """

    intake_id: str
    round: int
    revision: int
    submitted_at: datetime
    form_version: str
    answers: Mapping[str, Answer]
    texts: Mapping[str, str | Sealed]
    origin: str
    source_time: datetime | None
    described_by: frozenset[PersonId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A clock of triage: when it runs out, when it reminds, and what was already noticed of it.

    Of a breached one, `step` counts who was told up the chain, and at `next_step_at` the next one is.
    """

    starts_at: datetime
    due_at: datetime
    reminders: tuple[tuple[int, datetime], ...]
    reminded: frozenset[int] = frozenset()
    breached: bool = False
    step: int = 0
    next_step_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The tier in force provisionally, and of which revision of the answers."""

    revision: int
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Undescribed:
    """Registered a moment ago: the description follows in the same append."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Submitted a moment ago: the proposal follows in the same append."""

    submission: Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The triagers hold the ball. `clock` is None for what waits without one (an imported portfolio)."""

    submission: Submission
    proposal: Proposal
    clock: Clock | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The submitter holds the ball; the triage clock stands with `minutes_left` (None: it had none).

    Of the `attributes` that were asked for, those `wanted` were not answered yet.
    """

    submission: Submission
    proposal: Proposal
    attributes: tuple[str, ...]
    wanted: tuple[str, ...]
    clock: Clock
    triage_clock: Clock | None
    minutes_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The tier stands, with what it demands (`assessment`); its review is another service's business."""

    submission: Submission
    proposal: Proposal
    assessment: Assessment
    automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The team took the intake back; a new round may follow."""

    submission: Submission
    proposal: Proposal


Round = Waiting | Asked | Confirmed | Withdrawn
"""A round that was described and triaged: what a stream shows between two appends."""

Intake = Undescribed | Described | Round


@dataclass(frozen=True, slots=True)
class Unregistered:
    """Nothing is known of this system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A registered system. `confirmed_tier` is the last tier that stood, over all rounds; it may be `prohibited`.
    `confirmed` is the round in which it was confirmed, as it was then.
    `once_prohibited` says that a tier was proposed as prohibited since a tier was last confirmed.

    `answerable` are all who ever asked for it or were to answer for it. `rounds` are when each round began, the first
    one first; `taken_back` are those whose intake was withdrawn, and when. `overrides` are the ids of those proposed in
    the present round.
    """

    system_id: str
    profile: Profile
    intake: Intake
    launches: tuple[Launch, ...] = ()
    approvals: tuple[Approval, ...] = ()
    confirmed_tier: str | None = None
    confirmed: Confirmed | None = None
    prohibited: bool = False
    once_prohibited: bool = False
    answerable: frozenset[PersonId] = frozenset()
    rounds: tuple[datetime, ...] = ()
    taken_back: tuple[tuple[int, datetime], ...] = ()
    overrides: frozenset[str] = frozenset()

    def round_at(self, at: datetime) -> int:
        """The round in force at that instant; 0 before the first."""
        return sum(began <= at for began in self.rounds)

    def approval_at(self, at: datetime) -> Approval | None:
        """What lets the system go live at that instant: an approval of the round in force, unless it was taken back."""
        number = self.round_at(at)
        if any(number == one and since <= at for one, since in self.taken_back):
            return None
        return next((one for one in self.approvals if one.holds(number, at)), None)

    @property
    def live(self) -> bool:
        """Whether any version went live."""
        return bool(self.launches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A system out of use, as it was when it ended."""

    was: Active
    retired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A duplicate: it lives on as `into`."""

    was: Active
    into: str


State = Unregistered | Active | Retired | Merged


def known(state: State) -> Active:
    """The system as it is, or was when it ended. Raises `not-found` for one never registered and `wrong-state` for
    one that was merged."""
    match state:
        case Active():
            return state
        case Retired(was=was):
            return was
        case Merged(into=into):
            raise Refused("wrong-state", f"the system was merged: it lives on as {into}")
        case Unregistered():
            raise Refused("not-found", "no such system")
        case _:
            assert_never(state)


def active(state: State) -> Active:
    """The system, in use. Raises as `known` does, and `wrong-state` for a retired one."""
    if isinstance(state, Retired):
        raise Refused("wrong-state", "the system was retired")
    return known(state)


def round_of(system: Active, intake_id: str | None = None) -> Round:
    """The present round. Raises `wrong-state` when `intake_id` names another one."""
    intake = system.intake
    if isinstance(intake, Undescribed | Described):
        raise Refused("wrong-state", "the system has no intake yet")
    if intake_id is not None and intake.submission.intake_id != intake_id:
        raise Refused("wrong-state", f"a newer round followed: {intake.submission.intake_id}")
    return intake
