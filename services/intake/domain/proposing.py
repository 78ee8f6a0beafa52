"""Triage: from answers to a proposed tier with its clock, confirmed at once where the bundle may."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.intake.domain.rounds import proposal_of
from services.intake.domain.rules import TRIAGE, Assessment, Rules, Running
from services.intake.domain.state import Active, Clock, Profile, Proposal, Submission
from shared.events.fact import PersonId
from shared.events.intake import ClockTerms, TierConfirmed, TierProposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How the triage clock of a proposal is to run: from when, with how many minutes left (None: all), or not at all.

    `going_on` is the clock that runs on untouched by an amendment; `anew` says that a former one, if any, is over.
    """

    now: datetime
    at: datetime
    minutes_left: int | None = None
    held: bool = False
    going_on: Clock | None = None
    anew: bool = False

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
    before: Active | None = None,
) -> list[TierProposed | TierConfirmed]:
    """The proposal, and the bundle's own confirmation where it may give one.

    Never for what waits for a later day, never below the tier that stood `before`, and never for what was proposed as
    prohibited and no person ruled on: those are a person's to confirm.
    What is confirmed at once waits for nobody and has no clock.
    """
    proposed = propose(system_id, profile, submission, rules, start)
    if before is not None and before.once_prohibited:
        proposed = msgspec.structs.replace(proposed, confirmable_by_bundle=False)
    below = before is not None and lowers(before, proposed.tier, rules)
    if not proposed.confirmable_by_bundle or start.held or start.postponed or below:
        return [proposed]
    clockless = msgspec.structs.replace(proposed, triage_due_at=None, triage_reminders=())
    proposal = proposal_of(clockless)
    return [clockless, confirmed(system_id, profile, submission, proposal, by_the_bundle(proposal))]


def lowers(system: Active, tier: str, rules: Rules) -> bool:
    """Whether the tier is below the one that stood last, in whatever round: the policy never sets it by itself.

    A tier that the policy no longer has is a floor for none.
    """
    return system.confirmed_tier is not None and rules.below(tier, system.confirmed_tier)


def overrules(system: Active, tier: str, rules: Rules) -> bool:
    """Whether the tier is below one that people set, the board or a triager who raised it, other than the policy had
    proposed: then only the board may set it. Where what stood was the policy's own, new answers are ruled on anew."""
    stands = system.confirmed
    of_people = stands is not None and stands.assessment.tier != stands.proposal.assessment.tier
    return of_people and lowers(system, tier, rules)


def propose(system_id: str, profile: Profile, submission: Submission, rules: Rules, start: Start) -> TierProposed:
    """The tier that the policy proposes for what was submitted, and when it is to be confirmed."""
    found = rules.assess(submission.answers, profile.region)
    clock = _clock(profile.region, found.clock(TRIAGE), rules, start)
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
        policy_version=found.policy_version,
        policy_digest=found.policy_digest,
        triage_due_at=clock.due_at if clock is not None else None,
        triage_reminders=tuple(at for _, at in clock.reminders) if clock is not None else (),
        triage_starts_at=start.at if clock is not None and (start.postponed or start.anew) else None,
    )


def _clock(region: str, terms: ClockTerms, rules: Rules, start: Start) -> Running | None:
    if start.held:
        return None
    if start.going_on is not None:
        return Running(due_at=start.going_on.due_at, reminders=start.going_on.reminders)
    spent = 0 if start.minutes_left is None else terms.minutes - start.minutes_left
    return rules.run(region, terms, start.at, spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What tier stands, by whom (None: the bundle itself) and why."""

    assessment: Assessment
    by: PersonId | None
    reason: str


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
        policy_version=terms.policy_version,
        policy_digest=terms.policy_digest,
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
    )
