"""The facts of intake: what is known of AI systems, their intakes and their tiers."""

from datetime import datetime

from shared.events.fact import Answer, Fact, Part, PersonId, Sealed


class FiredRule(Part, frozen=True, kw_only=True):
    """A triage rule that applied, with its reason in words."""

    rule: str
    effect: str
    reason: str
    attributes: tuple[str, ...] = ()


class RequiredEvidence(Part, frozen=True, kw_only=True):
    """One artefact that a tier demands; `level` is the bundle's word (short, required, full, …).

    `required` is False where the artefact is only welcome; `sections` are those that must be filled.
    """

    artefact: str
    level: str
    reason: str = ""
    label: str = ""
    required: bool = True
    sections: tuple[str, ...] = ()


class ClockTerms(Part, frozen=True, kw_only=True):
    """How long one clock of a tier runs: `minutes` of the region's business time, or of elapsed time."""

    clock: str
    minutes: int
    basis: str
    reminders: tuple[int, ...] = (50, 80)


class SystemDiscovered(Fact, frozen=True, kw_only=True):
    """An AI system was found in use that nobody had registered."""

    discovery_id: str
    name: str
    found_by: str
    found_in: str
    business_unit: str | None = None
    product_area: str | None = None
    live: bool = True


class DiscoverySettled(Fact, frozen=True, kw_only=True):
    """A discovery turned out to be a registered system, or no AI system at all (`system_id` absent)."""

    discovery_id: str
    system_id: str | None
    reason: str


class SystemRegistered(Fact, frozen=True, kw_only=True):
    """An AI system entered the portfolio."""

    system_id: str
    name: str
    owner: PersonId
    requester: PersonId
    region: str
    business_unit: str | None = None
    product_area: str | None = None
    team: str | None = None
    external_key: str | None = None
    imported: bool = False
    discovery_id: str | None = None


class IntakeSubmitted(Fact, frozen=True, kw_only=True):
    """A team described its system; what it did not answer is unknown. `intake_id` is this event's own id.

    In a later round, `region` to `team` are present where they changed; in the first the registration has them.
    `submitted_by` is who sent it in, where that was not the requester.
    """

    system_id: str
    intake_id: str
    round: int
    form_version: str
    name: str
    answers: dict[str, Answer]
    texts: dict[str, str | Sealed]
    requester: PersonId
    owner: PersonId
    origin: str
    source_ref: str | None = None
    source_time: datetime | None = None
    region: str | None = None
    business_unit: str | None = None
    product_area: str | None = None
    team: str | None = None
    submitted_by: PersonId | None = None


class IntakeAmended(Fact, frozen=True, kw_only=True):
    """The description changed. `answers` and `texts` are the whole new state, `region` to `team` what changed of them.

    Answers change only before the tier is confirmed (later that is a material change); texts and people at any time.
    `amended_by` is who changed it; facts of the first days do not say. `restated` are the answers asked for that were
    stated again as they stood.
    """

    system_id: str
    intake_id: str
    revision: int
    form_version: str
    name: str
    answers: dict[str, Answer]
    texts: dict[str, str | Sealed]
    changed: tuple[str, ...]
    owner: PersonId
    origin: str
    source_ref: str | None = None
    source_time: datetime | None = None
    region: str | None = None
    business_unit: str | None = None
    product_area: str | None = None
    team: str | None = None
    amended_by: PersonId | None = None
    restated: tuple[str, ...] = ()


class IntakeWithdrawn(Fact, frozen=True, kw_only=True):
    """The team took its intake back."""

    system_id: str
    intake_id: str
    reason: str
    origin: str
    source_time: datetime | None = None


class TierProposed(Fact, frozen=True, kw_only=True):
    """The triage engine proposed a tier, which is in force provisionally until a person confirms it.

    `triage_due_at` is when the triage clock ends; it starts at `triage_starts_at`, at once where that is absent.
    Both are absent for an intake that waits, without a clock, until somebody takes it up (imported portfolios).
    `high_risk` says whether the bundle counts the tier among the high-risk ones.
    """

    system_id: str
    intake_id: str
    round: int
    revision: int
    tier: str
    score: int
    fired: tuple[FiredRule, ...]
    disciplines: tuple[str, ...]
    evidence: tuple[RequiredEvidence, ...]
    clocks: tuple[ClockTerms, ...]
    labels: tuple[str, ...]
    unknowns: tuple[str, ...]
    confirmable_by_bundle: bool
    policy_version: str
    policy_digest: str
    triage_due_at: datetime | None
    triage_reminders: tuple[datetime, ...]
    triage_starts_at: datetime | None = None
    high_risk: bool = False
    prohibited: bool = False
    opens_review: bool = True


class TierConfirmed(Fact, frozen=True, kw_only=True):
    """A person (or, for the lowest tier without unknowns, the bundle) confirmed the tier, or the board overrode it.

    Everything a review needs is in here: later services never consult their own copy of the policy for it.
    `submitted_at` is when the intake was recorded, or the tier overridden; KPI 4 counts from it. `by` is absent where
    the bundle confirmed.
    """

    system_id: str
    intake_id: str
    round: int
    name: str
    tier: str
    proposed_tier: str
    high_risk: bool
    prohibited: bool
    opens_review: bool
    automatic: bool
    by: PersonId | None
    reason: str
    disciplines: tuple[str, ...]
    evidence: tuple[RequiredEvidence, ...]
    clocks: tuple[ClockTerms, ...]
    policy_version: str
    policy_digest: str
    region: str
    owner: PersonId
    requester: PersonId
    submitted_at: datetime
    business_unit: str | None = None
    product_area: str | None = None
    material_change: bool = False


class AnswersRequested(Fact, frozen=True, kw_only=True):
    """A triager sent the intake back for answers that are missing; the submitter's clock runs until `due_at`.

    Meanwhile the triage clock stands still with `triage_minutes_left` of its business minutes.
    """

    system_id: str
    intake_id: str
    attributes: tuple[str, ...]
    by: PersonId
    reason: str
    due_at: datetime
    reminders: tuple[datetime, ...] = ()
    triage_minutes_left: int | None = None
    round: int = 1


class TriageReminded(Fact, frozen=True, kw_only=True):
    """A part of a clock of triage has gone by (`percent`); the addressee was told.

    `clock` is `triage` (the triagers hold the ball) or `answer` (the submitter does).
    """

    system_id: str
    intake_id: str
    round: int
    percent: int
    due_at: datetime
    addressee: str
    clock: str = "triage"


class TriageBreached(Fact, frozen=True, kw_only=True):
    """A clock of triage ran out at `due_at`; it was noticed at `noticed_at` and escalated to the addressee.

    That is the first step up the chain; `next_at` is when the next one is due.
    """

    system_id: str
    intake_id: str
    round: int
    due_at: datetime
    noticed_at: datetime
    addressee: str
    clock: str = "triage"
    told: tuple[str, ...] = ()
    next_at: datetime | None = None


class TriageEscalated(Fact, frozen=True, kw_only=True):
    """A clock of triage that ran out at `due_at` stayed so, and the breach went to the next authority.

    `step` counts up the chain; the breach itself was the first. `told` are those who hear of it besides (the programme
    manager); `next_at` is when the next step is due.
    """

    system_id: str
    intake_id: str
    round: int
    clock: str
    due_at: datetime
    step: int
    role: str
    addressee: str
    told: tuple[str, ...] = ()
    next_at: datetime | None = None


class ConfirmationRefused(Fact, frozen=True, kw_only=True):
    """Somebody tried to confirm the tier of what they had asked for or answer for: the attempt is on record."""

    system_id: str
    intake_id: str
    round: int
    by: PersonId
    tier: str
    reason: str


class MaterialChangeDeclared(Fact, frozen=True, kw_only=True):
    """A registered system changed in a way that may alter its risk: a new round of triage follows."""

    system_id: str
    intake_id: str
    round: int
    summary: str | Sealed
    changed: tuple[str, ...]
    difference: tuple[str, ...]
    by: PersonId


class OverrideProposed(Fact, frozen=True, kw_only=True):
    """Somebody asked the board to set another tier than the confirmed one; `override_id` is this event's own id.

    `people` are all who asked for the system, answer or answered for it, or had a hand in what its intake says: it is
    their own request, as it is that of whoever proposed it. `disciplines` and `evidence` are what the other tier would
    demand, `answers_digest` (SHA-256, hex, of the answers as canonical JSON) says on which answers the tiers rest.
    """

    system_id: str
    override_id: str
    intake_id: str
    round: int
    name: str
    from_tier: str
    to_tier: str
    downgrade: bool
    rationale: str
    accountable_owner: PersonId
    by: PersonId
    people: tuple[PersonId, ...]
    disciplines: tuple[str, ...]
    evidence: tuple[RequiredEvidence, ...]
    answers_digest: str
    policy_version: str
    policy_digest: str
    business_unit: str | None = None
    product_area: str | None = None
    hand: PersonId | None = None


class TierOverridden(Fact, frozen=True, kw_only=True):
    """The board set another tier, by the decision of review that is named: a new round of the same intake begins.

    What the tier demands is in the confirmation that follows at once: it counts from here, and opens the review.
    """

    system_id: str
    override_id: str
    intake_id: str
    round: int
    from_tier: str
    to_tier: str
    downgrade: bool
    rationale: str | Sealed
    accountable_owner: PersonId
    decided_by: PersonId
    decided_at: datetime
    proposal_digest: str
    policy_digest: str


class OverrideNotApplied(Fact, frozen=True, kw_only=True):
    """The board decided on a tier that no longer stood when its decision came: nothing changed, for this reason."""

    system_id: str
    override_id: str
    to_tier: str
    reason: str


class SystemLaunched(Fact, frozen=True, kw_only=True):
    """The system went live. Always recorded (DESIGN 10); `reviewed` says whether a valid approval was known.

    `imported_history` marks a launch that precedes Gatehouse; `dated` is False where nobody knew when it was, and
    `launched_at` is then only when we learned of it.
    """

    system_id: str
    version: str
    launched_at: datetime
    reviewed: bool
    approval: str | None = None
    imported_history: bool = False
    dated: bool = True
    reported_by: PersonId | None = None


class LaunchEscalated(Fact, frozen=True, kw_only=True):
    """A launch without a known valid approval was brought before the named authority."""

    system_id: str
    version: str
    addressee: str


class SystemRetired(Fact, frozen=True, kw_only=True):
    """The system went out of use. `imported_history` and `dated` as for a launch."""

    system_id: str
    retired_at: datetime
    reason: str
    imported_history: bool = False
    dated: bool = True
    reported_by: PersonId | None = None


class SystemMerged(Fact, frozen=True, kw_only=True):
    """The system was a duplicate and lives on as `into`; its stream's key never changes."""

    system_id: str
    into: str
    reason: str
    by: PersonId


class ApprovalNoted(Fact, frozen=True, kw_only=True):
    """Intake learned from review how a review ended: launches are measured against this."""

    system_id: str
    review_id: str
    round: int
    outcome: str
    decided_at: datetime
    expires_at: datetime | None = None


class TrainingCompleted(Fact, frozen=True, kw_only=True):
    """A person completed a course, as reported by a learning system."""

    training_id: str
    person: PersonId
    course: str
    course_version: str
    completed_at: datetime
    source: str
    score: float | None = None


class PersonForgotten(Fact, frozen=True, kw_only=True):
    """A person's key and directory entry were destroyed; what was sealed under it can't be read again."""

    person: PersonId
    by: PersonId


class PeopleJoined(Fact, frozen=True, kw_only=True):
    """Two cards of the directory turned out to be one person's; whoever is one of the two is both from now on."""

    person: PersonId
    other: PersonId
    by: PersonId
    reason: str


IntakeFact = (
    SystemDiscovered
    | DiscoverySettled
    | SystemRegistered
    | IntakeSubmitted
    | IntakeAmended
    | IntakeWithdrawn
    | TierProposed
    | TierConfirmed
    | AnswersRequested
    | TriageReminded
    | TriageBreached
    | TriageEscalated
    | ConfirmationRefused
    | MaterialChangeDeclared
    | OverrideProposed
    | TierOverridden
    | OverrideNotApplied
    | SystemLaunched
    | LaunchEscalated
    | SystemRetired
    | SystemMerged
    | ApprovalNoted
    | TrainingCompleted
    | PersonForgotten
    | PeopleJoined
)
