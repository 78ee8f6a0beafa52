"""The facts of review: evidence, clocks, sign-offs, votes, decisions, and who had the authority."""

from datetime import date, datetime

from shared.events.fact import Fact, Part, PersonId, Sealed
from shared.events.intake import ClockTerms, RequiredEvidence


class ReviewOpened(Fact, frozen=True, kw_only=True):
    """A confirmed tier opened a review; `submitted_at` is when its intake was recorded.

    `confirmed_at` is when intake recorded the tier's confirmation; reviews of the first days do not say.
    """

    review_id: str
    system_id: str
    intake_id: str
    round: int
    name: str
    tier: str
    high_risk: bool
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
    confirmed_at: datetime | None = None


class ResponsibilityChanged(Fact, frozen=True, kw_only=True):
    """The people whose request this is changed while the review ran, as intake recorded it at `as_of`.

    `owner` answers for the system from now on. `joined` became one side with it (a new owner, whoever amended the
    intake); whoever was on that side stays on it, and what those who joined had ruled counts no more.
    """

    review_id: str
    owner: PersonId
    joined: tuple[PersonId, ...]
    as_of: datetime


class ReviewWithdrawn(Fact, frozen=True, kw_only=True):
    """The review ended undecided: intake withdrawn, system retired or merged, or a newer round began."""

    review_id: str
    system_id: str
    reason: str


class DisciplineAssigned(Fact, frozen=True, kw_only=True):
    """A discipline's sign-off was put into a person's hands."""

    review_id: str
    discipline: str
    reviewer: PersonId
    by: PersonId


class ReminderAt(Part, frozen=True, kw_only=True):
    """When a reminder falls due: `percent` of the clock gone."""

    percent: int
    at: datetime


class ClockStarted(Fact, frozen=True, kw_only=True):
    """A clock began to run. `clock` names it within the review (gathering, review, answer, signoff:<discipline>).

    `minutes` are those of `basis` (business or elapsed) in the region's calendar; `due_at` is never recomputed.
    """

    review_id: str
    clock: str
    basis: str
    region: str
    minutes: int
    started_at: datetime
    due_at: datetime
    reminders: tuple[ReminderAt, ...]
    holder: str


class ClockPaused(Fact, frozen=True, kw_only=True):
    """A clock stopped counting because another holds the ball. `spent_minutes` is what it had counted so far."""

    review_id: str
    clock: str
    reason: str
    paused_at: datetime
    spent_minutes: int
    holder: str


class BallPassed(Fact, frozen=True, kw_only=True):
    """The ball went from one holder to another while the clock kept counting: `spent_minutes` is its count so far."""

    review_id: str
    clock: str
    passed_at: datetime
    spent_minutes: int
    holder: str
    reason: str


class ClockResumed(Fact, frozen=True, kw_only=True):
    """A paused clock counts again, towards a new `due_at`."""

    review_id: str
    clock: str
    resumed_at: datetime
    spent_minutes: int
    due_at: datetime
    reminders: tuple[ReminderAt, ...]
    holder: str


class ClockStopped(Fact, frozen=True, kw_only=True):
    """A clock ended because what it waited for happened. `within` says whether that was in time."""

    review_id: str
    clock: str
    stopped_at: datetime
    spent_minutes: int
    within: bool


class ClockReminded(Fact, frozen=True, kw_only=True):
    """A part of a clock has gone by; the addressee (a person, or `role:<role>` where none holds it) was told."""

    review_id: str
    clock: str
    percent: int
    due_at: datetime
    addressee: str


class ClockBreached(Fact, frozen=True, kw_only=True):
    """A clock ran out at `due_at`; noticed at `noticed_at` (lateness of the notice is ours, not the holder's)."""

    review_id: str
    clock: str
    due_at: datetime
    noticed_at: datetime
    holder: str


class ReviewEscalated(Fact, frozen=True, kw_only=True):
    """A breach or a conflict went to the next authority. `step` counts up the chain from 1.

    `told` are those who hear of it besides (the programme manager); `next_at` is when the next step is due.
    """

    review_id: str
    clock: str | None
    reason: str
    step: int
    role: str
    addressee: str
    told: tuple[str, ...] = ()
    next_at: datetime | None = None


class EvidenceAttached(Fact, frozen=True, kw_only=True):
    """An artefact was put on the table: content by its SHA-256 (`digest`, hex), stored by us or linked elsewhere.

    `sections` names what the producer filled in; `subject_digest` is the model or build it speaks of. `hand` is who
    acted in the producer's name, as in every fact that has one.
    """

    review_id: str
    artefact_id: str
    artefact: str
    title: str
    digest: str
    size: int | None
    media_type: str
    link: str | None
    owner: PersonId
    producer: PersonId
    template_version: str | None = None
    subject_digest: str | None = None
    valid_until: date | None = None
    supersedes: str | None = None
    sections: dict[str, bool] = {}
    hand: PersonId | None = None


class EvidenceSubmitted(Fact, frozen=True, kw_only=True):
    """The submitter handed the evidence in: the review clock starts here. `evidence_digest` covers all on the table."""

    review_id: str
    by: PersonId
    evidence_digest: str
    hand: PersonId | None = None


class ScoredItem(Part, frozen=True, kw_only=True):
    """One required artefact at the moment of submission; `gaps` says in words what is missing."""

    artefact: str
    level: str
    complete: bool
    gaps: tuple[str, ...]


class CompletenessScored(Fact, frozen=True, kw_only=True):
    """How complete the evidence was when submitted, frozen."""

    review_id: str
    complete: int
    required: int
    items: tuple[ScoredItem, ...]


class ProposedCondition(Part, frozen=True, kw_only=True):
    """What an approval would depend on, if it comes to one."""

    text: str | Sealed
    owner: PersonId
    due_on: date


class SignedOff(Fact, frozen=True, kw_only=True):
    """A discipline gave its verdict on exactly the evidence and policy it names, by the right of an appointment.

    `verdict`: approve, approve_with_conditions, request_changes, reject, not_applicable.
    """

    review_id: str
    discipline: str
    verdict: str
    by: PersonId
    reason: str | Sealed
    evidence_digest: str
    policy_digest: str
    on_behalf_of: PersonId | None = None
    appointment_id: str | None = None
    conditions: tuple[ProposedCondition, ...] = ()
    hand: PersonId | None = None


class ChangesAnswered(Fact, frozen=True, kw_only=True):
    """The submitter answered what a discipline had asked for: the ball goes back and the paused clocks go on."""

    review_id: str
    by: PersonId
    answer: str | Sealed
    evidence_digest: str
    hand: PersonId | None = None


class RecusalDeclared(Fact, frozen=True, kw_only=True):
    """A reviewer or board member stepped back from this review."""

    review_id: str
    by: PersonId
    capacity: str
    reason: str | Sealed


class ConditionImposed(Fact, frozen=True, kw_only=True):
    """An approval holds only if this is done by its owner until its date."""

    review_id: str
    condition_id: str
    text: str | Sealed
    owner: PersonId
    due_on: date
    imposed_by: str


class ConditionMet(Fact, frozen=True, kw_only=True):
    """A condition was fulfilled, confirmed by someone other than its owner."""

    review_id: str
    condition_id: str
    by: PersonId
    evidence_digest: str | None = None


class VoteCast(Fact, frozen=True, kw_only=True):
    """A board member voted, in a capacity that `appointment_id` proves; a dissent carries its reason.

    `choice`: for, against, abstain. `confirms` names the disciplines whose "not applicable" the member confirms.
    """

    review_id: str
    by: PersonId
    choice: str
    rationale: str | Sealed
    evidence_digest: str
    policy_digest: str
    appointment_id: str
    on_behalf_of: PersonId | None = None
    confirms: tuple[str, ...] = ()
    hand: PersonId | None = None


class DecisionRecorded(Fact, frozen=True, kw_only=True):
    """The review ended: who is accountable, by which authority, on what, with which votes, conditions and dissent.

    `outcome`: approved, approved_with_conditions, rejected. `authority`: disciplines or board. `net_minutes` is the
    review clock without the submitter's time; `within` says whether it met its clock. `quorum` is the number of votes
    that were needed and `board` the appointments in office that could have voted.
    """

    review_id: str
    system_id: str
    round: int
    tier: str
    high_risk: bool
    outcome: str
    authority: str
    accountable_owner: PersonId
    rationale: str | Sealed
    options: tuple[str, ...]
    evidence_digest: str
    policy_digest: str
    submitted_at: datetime
    decided_at: datetime
    within: bool
    submitter_seconds: int
    recorded_by: PersonId | None
    votes_for: int = 0
    votes_against: int = 0
    abstained: int = 0
    dissent: tuple[PersonId, ...] = ()
    conditions: tuple[str, ...] = ()
    net_minutes: int = 0
    quorum: int = 0
    board: tuple[str, ...] = ()
    confirmed_not_applicable: tuple[str, ...] = ()
    expires_at: datetime | None = None
    product_area: str | None = None
    business_unit: str | None = None


class ApprovalRefused(Fact, frozen=True, kw_only=True):
    """Somebody tried to approve what they may not (their own request, two slots at once): the attempt is on record."""

    review_id: str
    by: PersonId
    attempted: str
    reason: str


class OverrideTabled(Fact, frozen=True, kw_only=True):
    """A proposal to override a tier came before the board; everything that it rests on, as intake recorded it.

    `proposal_digest` (SHA-256, hex) covers the proposal's data as canonical JSON, `proposed_at` is when intake recorded
    it. `people` are the system's own: they rule on nothing of it, nor does who proposed it.
    """

    override_id: str
    system_id: str
    intake_id: str
    round: int
    name: str
    from_tier: str
    to_tier: str
    downgrade: bool
    rationale: str
    accountable_owner: PersonId
    proposed_by: PersonId
    people: tuple[PersonId, ...]
    disciplines: tuple[str, ...]
    evidence: tuple[RequiredEvidence, ...]
    answers_digest: str
    policy_digest: str
    proposal_digest: str
    proposed_at: datetime
    business_unit: str | None = None
    product_area: str | None = None
    hand: PersonId | None = None


class OverrideVoteCast(Fact, frozen=True, kw_only=True):
    """A board member voted on an override (approve, reject, abstain), by the right of an appointment."""

    override_id: str
    by: PersonId
    choice: str
    rationale: str | Sealed
    proposal_digest: str
    policy_digest: str
    appointment_id: str
    on_behalf_of: PersonId | None = None
    hand: PersonId | None = None


class OverrideRecusalDeclared(Fact, frozen=True, kw_only=True):
    """A board member stepped back from an override."""

    override_id: str
    by: PersonId
    reason: str | Sealed


class OverrideAttemptRefused(Fact, frozen=True, kw_only=True):
    """Somebody tried to rule on an override on which they may not: the attempt is on record."""

    override_id: str
    by: PersonId
    attempted: str
    reason: str


class OverridePeopleJoined(Fact, frozen=True, kw_only=True):
    """Others came to answer for the system, or amended its intake, while the board voted; `as_of` is intake's time.

    The override is their own request from now on, and what they voted on it counts no more.
    """

    override_id: str
    joined: tuple[PersonId, ...]
    as_of: datetime


class OverrideLapsed(Fact, frozen=True, kw_only=True):
    """What the proposal rested on changed before the board had decided: it is over, and may be proposed anew."""

    override_id: str
    system_id: str
    reason: str


class OverrideDecided(Fact, frozen=True, kw_only=True):
    """The board decided on an override, `approved` or `refused`: who is accountable, by which rule, votes and dissent.

    `kind` is the decision's kind in the authority matrix. `needed` is how many votes in favour carry it,
    `quorum` how many votes there had to be, `board` the appointments in office that could have voted.
    """

    override_id: str
    system_id: str
    intake_id: str
    round: int
    from_tier: str
    to_tier: str
    downgrade: bool
    outcome: str
    authority: str
    kind: str
    accountable_owner: PersonId
    rationale: str | Sealed
    options: tuple[str, ...]
    proposal_digest: str
    policy_digest: str
    decided_at: datetime
    recorded_by: PersonId
    votes_for: int
    votes_against: int
    abstained: int
    needed: int
    quorum: int
    dissent: tuple[PersonId, ...]
    board: tuple[str, ...]


class AppointmentMade(Fact, frozen=True, kw_only=True):
    """A person holds an office from a date on. `scope` is `all` or `<kind>:<value>`."""

    appointment_id: str
    person: PersonId
    role: str
    scope: str
    valid_from: datetime
    valid_until: datetime | None
    by: PersonId


class AppointmentEnded(Fact, frozen=True, kw_only=True):
    """An appointment ended before or at its term."""

    appointment_id: str
    ended_at: datetime
    by: PersonId
    reason: str


class DelegationGiven(Fact, frozen=True, kw_only=True):
    """The holder of an appointment lets another act for it between two instants."""

    delegation_id: str
    appointment_id: str
    giver: PersonId
    receiver: PersonId
    valid_from: datetime
    valid_until: datetime


class DelegationEnded(Fact, frozen=True, kw_only=True):
    """A delegation was taken back."""

    delegation_id: str
    ended_at: datetime
    by: PersonId


class IdentitiesJoined(Fact, frozen=True, kw_only=True):
    """Intake's directory says that two ids are one person's: duties are theirs together from now on."""

    person: PersonId
    other: PersonId


ReviewFact = (
    ReviewOpened
    | ResponsibilityChanged
    | ReviewWithdrawn
    | DisciplineAssigned
    | ClockStarted
    | ClockPaused
    | BallPassed
    | ClockResumed
    | ClockStopped
    | ClockReminded
    | ClockBreached
    | ReviewEscalated
    | EvidenceAttached
    | EvidenceSubmitted
    | CompletenessScored
    | SignedOff
    | ChangesAnswered
    | RecusalDeclared
    | ConditionImposed
    | ConditionMet
    | VoteCast
    | DecisionRecorded
    | ApprovalRefused
)
AuthorityFact = AppointmentMade | AppointmentEnded | DelegationGiven | DelegationEnded | IdentitiesJoined
OverrideFact = (
    OverrideTabled
    | OverrideVoteCast
    | OverrideRecusalDeclared
    | OverrideAttemptRefused
    | OverridePeopleJoined
    | OverrideLapsed
    | OverrideDecided
)
