"""How one round of triage moves on, fact by fact."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from services.intake.domain.rules import ANSWER, TRIAGE, Assessment
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
    ClockTerms,
    IntakeAmended,
    IntakeSubmitted,
    IntakeWithdrawn,
    TierConfirmed,
    TierProposed,
    TriageBreached,
    TriageReminded,
)

RoundFact = (
    IntakeSubmitted
    | IntakeAmended
    | IntakeWithdrawn
    | TierProposed
    | TierConfirmed
    | AnswersRequested
    | TriageReminded
    | TriageBreached
)


def intake_after(intake: Intake, fact: RoundFact, at: datetime) -> Intake:
    """The round after one more fact, which happened at `at`."""
    if isinstance(fact, IntakeSubmitted):
        return Described(submission=submission_of(fact, at))
    if isinstance(intake, Undescribed):
        return intake
    match fact:
        case IntakeAmended() if isinstance(intake, Asked):
            wanted = still_wanted(intake, fact.changed, fact.answers.keys() | fact.texts.keys())
            return replace(intake, submission=_amended(intake.submission, fact, at), wanted=wanted)
        case IntakeAmended():
            return replace(intake, submission=_amended(intake.submission, fact, at))
        case IntakeWithdrawn() if not isinstance(intake, Described):
            known = intake.submission
            withdrawn = replace(known, source_time=believed(fact.source_time, at) or known.source_time)
            return Withdrawn(submission=withdrawn, proposal=intake.proposal)
        case TierProposed():
            clock = _triage_clock(intake, fact, at)
            return Waiting(submission=intake.submission, proposal=proposal_of(fact), clock=clock)
        case TierConfirmed() if isinstance(intake, Waiting | Asked):
            return _confirmed(intake, fact)
        case AnswersRequested() if isinstance(intake, Waiting):
            return _asked(intake, fact, at)
        case TriageReminded() | TriageBreached() if isinstance(intake, Waiting | Asked) and intake.clock is not None:
            return replace(intake, clock=_noticed(intake.clock, fact))
        case IntakeWithdrawn() | TierConfirmed() | AnswersRequested() | TriageReminded() | TriageBreached():
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


def _triage_clock(intake: Intake, fact: TierProposed, at: datetime) -> Clock | None:
    if fact.triage_due_at is None:
        return None
    known = _running(intake) if fact.triage_starts_at is None else None
    return Clock(
        starts_at=fact.triage_starts_at or (known.starts_at if known is not None else at),
        due_at=fact.triage_due_at,
        reminders=_with_percents(fact.clocks, TRIAGE, fact.triage_reminders),
        # a clock that goes on has said what it said; one that ran out stays so
        reminded=known.reminded if known is not None else frozenset(),
        breached=known.breached if known is not None else False,
    )


def _with_percents(
    clocks: Sequence[ClockTerms], name: str, instants: Sequence[datetime]
) -> tuple[tuple[int, datetime], ...]:
    """The instants of a clock's last reminders, each with its percentage: earlier ones were over when it went on."""
    percents = next((terms.reminders for terms in clocks if terms.clock == name), ())
    return tuple(zip(percents[len(percents) - len(instants) :], instants, strict=True))


def _running(intake: Intake) -> Clock | None:
    match intake:
        case Waiting():
            return intake.clock
        case Asked():
            return intake.triage_clock
        case _:
            return None


def _asked(intake: Waiting, fact: AnswersRequested, at: datetime) -> Asked:
    reminders = _with_percents(intake.proposal.assessment.clocks, ANSWER, fact.reminders)
    return Asked(
        submission=intake.submission,
        proposal=intake.proposal,
        attributes=fact.attributes,
        wanted=fact.attributes,
        clock=Clock(starts_at=at, due_at=fact.due_at, reminders=reminders),
        triage_clock=intake.clock,
        minutes_left=fact.triage_minutes_left,
    )


def still_wanted(asked: Asked, changed: Collection[str], known: Collection[str]) -> tuple[str, ...]:
    """What was asked for and is not answered after a change that leaves these known: an answer taken back is none."""
    return tuple(name for name in asked.attributes if (name not in known if name in changed else name in asked.wanted))


def _noticed(clock: Clock, fact: TriageReminded | TriageBreached) -> Clock:
    if isinstance(fact, TriageBreached):
        return replace(clock, breached=True)
    return replace(clock, reminded=clock.reminded | {fact.percent})
