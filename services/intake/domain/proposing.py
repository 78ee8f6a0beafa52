"""Triage: from answers to a proposed tier with its clock, confirmed at once where the bundle may."""

from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.rounds import proposal_of
from services.intake.domain.rules import Assessment, Rules
from services.intake.domain.state import Clock, Profile, Proposal, Submission
from shared.events.fact import PersonId
from shared.events.intake import ClockTerms, TierConfirmed, TierProposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How the triage clock of a proposal is to run: from when, with how many minutes (all, where None), or not.

    `running` is the clock that simply goes on after an amendment.
    """

    now: datetime
    at: datetime
    minutes: int | None = None
    held: bool = False
    running: Clock | None = None

    @property
    def postponed(self) -> bool:
        """Whether the clock begins only later."""
        return self.at > self.now


def triaged(
    system_id: str,
    profile: Profile,
    submission: Submission,
    rules: Rules,
    start: Start,
    stood: str | None = None,
) -> list[TierProposed | TierConfirmed]:
    """The proposal, and the bundle's own confirmation where it may give one.

    Never for what waits for a later day, and never below the tier that `stood`: a lower one is a person's to confirm.
    """
    proposed = propose(system_id, profile, submission, rules, start)
    if not proposed.confirmable_by_bundle or start.held or start.postponed or _lower(rules, proposed.tier, stood):
        return [proposed]
    proposal = proposal_of(proposed)
    return [proposed, confirmed(system_id, profile, submission, proposal, by_the_bundle(proposal))]


def _lower(rules: Rules, tier: str, stood: str | None) -> bool:
    return stood is not None and (rules.rank(tier) or 0) < (rules.rank(stood) or 0)


def propose(system_id: str, profile: Profile, submission: Submission, rules: Rules, start: Start) -> TierProposed:
    """The tier that the policy proposes for what was submitted, and when it is to be confirmed."""
    found = rules.assess(submission.answers)
    terms = found.clock("triage")
    clock = None if start.held else start.running or clock_from(rules, profile.region, terms, start)
    return TierProposed(
        system_id=system_id,
        intake_id=submission.intake_id,
        round=submission.round,
        revision=submission.revision,
        tier=found.tier,
        high_risk=found.high_risk,
        prohibited=found.prohibited,
        opens_review=found.opens_review,
        score=found.score,
        fired=found.fired,
        disciplines=found.disciplines,
        evidence=found.evidence,
        clocks=found.clocks,
        labels=found.labels,
        unknowns=found.unknowns,
        confirmable_by_bundle=found.confirmable,
        policy_version=rules.version,
        policy_digest=rules.digest,
        triage_due_at=clock.due_at if clock is not None else None,
        triage_reminders=tuple(at for _, at in clock.reminders) if clock is not None else (),
        triage_starts_at=start.at if clock is not None and start.postponed else None,
    )


def clock_from(rules: Rules, region: str, terms: ClockTerms, start: Start) -> Clock:
    """A clock over what is left of its minutes; a reminder whose moment lies behind falls on the start."""
    left = terms.minutes if start.minutes is None else start.minutes
    spent = terms.minutes - left
    reminders = tuple(
        (percent, rules.due(region, start.at, terms, max(0, terms.minutes * percent // 100 - spent)))
        for percent in terms.reminders
    )
    return Clock(starts_at=start.at, due_at=rules.due(region, start.at, terms, left), reminders=reminders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What tier stands, by whom (None: the bundle itself) and why, under which policy."""

    assessment: Assessment
    by: PersonId | None
    reason: str
    policy_version: str
    policy_digest: str


def confirmed(
    system_id: str,
    profile: Profile,
    submission: Submission,
    proposal: Proposal,
    ruling: Ruling,
) -> TierConfirmed:
    """The tier that stands, with everything that a review needs to know of the policy."""
    terms = ruling.assessment
    return TierConfirmed(
        system_id=system_id,
        intake_id=submission.intake_id,
        round=submission.round,
        name=profile.name,
        tier=terms.tier,
        proposed_tier=proposal.assessment.tier,
        high_risk=terms.high_risk,
        prohibited=terms.prohibited,
        opens_review=terms.opens_review,
        automatic=ruling.by is None,
        by=ruling.by,
        reason=ruling.reason,
        disciplines=terms.disciplines,
        evidence=terms.evidence,
        clocks=terms.clocks,
        policy_version=ruling.policy_version,
        policy_digest=ruling.policy_digest,
        region=profile.region,
        owner=profile.owner,
        requester=profile.requester,
        submitted_at=submission.submitted_at,
        business_unit=profile.business_unit,
        product_area=profile.product_area,
        material_change=submission.round > 1,
    )


def by_the_bundle(proposal: Proposal) -> Ruling:
    """The bundle's own confirmation of its proposal."""
    return Ruling(
        assessment=proposal.assessment,
        by=None,
        reason="the lowest tier, every answer known, no rule in conflict: the policy confirms it by itself",
        policy_version=proposal.policy_version,
        policy_digest=proposal.policy_digest,
    )
