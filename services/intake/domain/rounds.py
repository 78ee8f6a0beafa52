"""How one round of triage moves on, fact by fact."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from services.intake.domain.rules import ANSWER, Assessment
from services.intake.domain.running import told, triage_clock, with_percents
from services.intake.domain.sources import believed
from services.intake.domain.state import (
    Asked,
    Clock,
    Confirmed,
    Described,
    Intake,
    Proposal,
    Submission,
    Undescribed,
    Waiting,
    Withdrawn,
)
from shared.events.fact import PersonId
from shared.events.intake import (
    AnswersRequested,
    IntakeAmended,
    IntakeSubmitted,
    IntakeWithdrawn,
    TierConfirmed,
    TierOverridden,
    TierProposed,
    TriageBreached,
    TriageEscalated,
    TriageReminded,
)

RoundFact = (
    IntakeSubmitted
    | IntakeAmended
    | IntakeWithdrawn
    | TierProposed
    | TierConfirmed
    | TierOverridden
    | AnswersRequested
    | TriageReminded
    | TriageBreached
    | TriageEscalated
)


def intake_after(intake: Intake, fact: RoundFact, at: datetime) -> Intake:
    """The round after one more fact, which happened at `at`."""
    if isinstance(fact, IntakeSubmitted):
        return Described(submission=submission_of(fact, at))
    if isinstance(intake, Undescribed):
        return intake
    match fact:
        case IntakeAmended() if isinstance(intake, Asked):
            wanted = still_wanted(intake, (*fact.changed, *fact.restated), fact.answers.keys() | fact.texts.keys())
            return replace(intake, submission=_amended(intake.submission, fact, at), wanted=wanted)
        case IntakeAmended():
            return replace(intake, submission=_amended(intake.submission, fact, at))
        case IntakeWithdrawn() if not isinstance(intake, Described):
            known = intake.submission
            withdrawn = replace(known, source_time=believed(fact.source_time, at) or known.source_time)
            return Withdrawn(submission=withdrawn, proposal=intake.proposal)
        case TierProposed():
            clock = triage_clock(intake, fact, at)
            return Waiting(submission=intake.submission, proposal=proposal_of(fact), clock=clock)
        case TierConfirmed() if isinstance(intake, Waiting | Asked):
            return _confirmed(intake, fact)
        case TierOverridden() if isinstance(intake, Confirmed):
            return _begun(intake, fact, at)
        case AnswersRequested() if isinstance(intake, Waiting):
            return _asked(intake, fact, at)
        case TriageReminded() | TriageBreached() | TriageEscalated():
            return told(intake, fact)
        case IntakeWithdrawn() | TierConfirmed() | TierOverridden() | AnswersRequested():
            return intake
        case _:
            assert_never(fact)


def submission_of(fact: IntakeSubmitted, at: datetime) -> Submission:
    """The submission that the fact records, made at that instant."""
    return Submission(
        intake_id=fact.intake_id,
        round=fact.round,
        revision=1,
        submitted_at=at,
        form_version=fact.form_version,
        answers=fact.answers,
        texts=fact.texts,
        origin=fact.origin,
        source_time=believed(fact.source_time, at),
        described_by=frozenset({fact.requester, *_known(fact.submitted_by)}),
    )


def _amended(known: Submission, fact: IntakeAmended, at: datetime) -> Submission:
    return replace(
        known,
        revision=fact.revision,
        form_version=fact.form_version,
        answers=fact.answers,
        texts=fact.texts,
        origin=fact.origin,
        source_time=believed(fact.source_time, at) or known.source_time,
        described_by=known.described_by.union(_known(fact.amended_by)),
    )


def _known(person: PersonId | None) -> tuple[PersonId, ...]:
    return () if person is None else (person,)


def proposal_of(fact: TierProposed) -> Proposal:
    """The proposal that the fact put in force."""
    return Proposal(
        revision=fact.revision,
        assessment=Assessment(
            tier=fact.tier,
            high_risk=fact.high_risk,
            prohibited=fact.prohibited,
            opens_review=fact.opens_review,
            score=fact.score,
            fired=fact.fired,
            disciplines=fact.disciplines,
            evidence=fact.evidence,
            clocks=fact.clocks,
            labels=fact.labels,
            unknowns=fact.unknowns,
            confirmable=fact.confirmable_by_bundle,
            policy_version=fact.policy_version,
            policy_digest=fact.policy_digest,
        ),
    )


def _confirmed(intake: Waiting | Asked, fact: TierConfirmed) -> Confirmed:
    demanded = replace(
        intake.proposal.assessment,
        tier=fact.tier,
        high_risk=fact.high_risk,
        prohibited=fact.prohibited,
        opens_review=fact.opens_review,
        disciplines=fact.disciplines,
        evidence=fact.evidence,
        clocks=fact.clocks,
        policy_version=fact.policy_version,
        policy_digest=fact.policy_digest,
    )
    return Confirmed(
        submission=intake.submission, proposal=intake.proposal, assessment=demanded, automatic=fact.automatic
    )


def _begun(intake: Confirmed, fact: TierOverridden, at: datetime) -> Waiting:
    """The round that an override begins: what it was described as stands, and its confirmation is the next fact."""
    begun = replace(intake.submission, round=fact.round, submitted_at=at)
    return Waiting(submission=begun, proposal=intake.proposal, clock=None)


def _asked(intake: Waiting, fact: AnswersRequested, at: datetime) -> Asked:
    reminders = with_percents(intake.proposal.assessment.clocks, ANSWER, fact.reminders)
    return Asked(
        submission=intake.submission,
        proposal=intake.proposal,
        attributes=fact.attributes,
        wanted=fact.attributes,
        clock=Clock(starts_at=at, due_at=fact.due_at, reminders=reminders),
        triage_clock=intake.clock,
        minutes_left=fact.triage_minutes_left,
    )


def still_wanted(asked: Asked, stated: Collection[str], known: Collection[str]) -> tuple[str, ...]:
    """What was asked for and is not answered once these were changed, or stated again, and those are known: an answer
    taken back is none."""
    return tuple(name for name in asked.attributes if (name not in known if name in stated else name in asked.wanted))
