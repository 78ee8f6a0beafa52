"""How facts become state. Nothing is refused here: what happened, happened.

A fact that does not fit the state it meets leaves the state as it is; `decide` never records such a fact.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from services.intake.domain.launches import Launch, approval_of
from services.intake.domain.rounds import intake_after
from services.intake.domain.state import (
    Active,
    Confirmed,
    Merged,
    Profile,
    Retired,
    State,
    Undescribed,
    Unregistered,
)
from shared.events.fact import PersonId
from shared.events.intake import (
    AnswersRequested,
    ApprovalNoted,
    ConfirmationRefused,
    IntakeAmended,
    IntakeSubmitted,
    IntakeWithdrawn,
    LaunchEscalated,
    MaterialChangeDeclared,
    OverrideNotApplied,
    OverrideProposed,
    SystemLaunched,
    SystemMerged,
    SystemRegistered,
    SystemRetired,
    TierConfirmed,
    TierOverridden,
    TierProposed,
    TriageBreached,
    TriageEscalated,
    TriageReminded,
)

SystemFact = (
    SystemRegistered
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
)
"""The facts of a stream `system/<id>`."""


def fold(facts: Iterable[tuple[SystemFact, datetime]]) -> State:
    """The state after these facts, each with its event's time."""
    state: State = Unregistered()
    for fact, at in facts:
        state = evolve(state, fact, at)
    return state


def evolve(state: State, fact: SystemFact, at: datetime) -> State:
    """The state after one more fact; `at` is its event's time, from which an intake's age counts."""
    match state:
        case Unregistered():
            return registered_as(fact) if isinstance(fact, SystemRegistered) else state
        case Active():
            return _lived(state, fact, at)
        case Retired():
            return _after_the_end(state, fact, at)
        case Merged():
            return state
        case _:
            assert_never(state)


def _after_the_end(state: Retired, fact: SystemFact, at: datetime) -> State:
    lived = _lived(state.was, fact, at)
    again = isinstance(fact, SystemLaunched) and fact.launched_at >= state.retired_at
    if isinstance(lived, Active) and not again:
        return replace(state, was=lived)
    return lived  # a system that goes live again is in use again, whatever the books said


def _lived(system: Active, fact: SystemFact, at: datetime) -> State:
    match fact:
        case IntakeSubmitted() | IntakeAmended():
            return _described(system, fact, at)
        case TierConfirmed():
            return _confirmed(system, fact, at)
        case OverrideProposed() | TierOverridden() | OverrideNotApplied():
            return _before_the_board(system, fact, at)
        case IntakeWithdrawn():
            taken_back = (*system.taken_back, (len(system.rounds), at))
            return replace(system, intake=intake_after(system.intake, fact, at), taken_back=taken_back)
        case TierProposed():
            once = system.once_prohibited or fact.prohibited
            return replace(system, intake=intake_after(system.intake, fact, at), once_prohibited=once)
        case AnswersRequested() | TriageReminded() | TriageBreached() | TriageEscalated():
            return replace(system, intake=intake_after(system.intake, fact, at))
        case SystemLaunched():
            launch = Launch(version=fact.version, launched_at=fact.launched_at)
            return replace(system, launches=(*system.launches, launch))
        case SystemRetired():
            return Retired(was=system, retired_at=fact.retired_at)
        case SystemMerged():
            return Merged(was=system, into=fact.into)
        case ApprovalNoted():
            return replace(system, approvals=(*system.approvals, approval_of(fact)))
        case SystemRegistered() | MaterialChangeDeclared() | LaunchEscalated() | ConfirmationRefused():
            return system
        case _:
            assert_never(fact)


def _confirmed(system: Active, fact: TierConfirmed, at: datetime) -> Active:
    intake = intake_after(system.intake, fact, at)
    return replace(
        system,
        intake=intake,
        confirmed_tier=fact.tier,
        confirmed=intake if isinstance(intake, Confirmed) else system.confirmed,
        prohibited=fact.prohibited,
        once_prohibited=False,
    )


def _before_the_board(
    system: Active, fact: OverrideProposed | TierOverridden | OverrideNotApplied, at: datetime
) -> Active:
    match fact:
        case OverrideProposed():
            return replace(system, overrides=system.overrides | {fact.override_id})
        case TierOverridden():
            begun = replace(system, rounds=(*system.rounds, at), overrides=frozenset())
            return replace(begun, intake=intake_after(system.intake, fact, at))
        case OverrideNotApplied():
            return system
        case _:
            assert_never(fact)


def _described(system: Active, fact: IntakeSubmitted | IntakeAmended, at: datetime) -> Active:
    return replace(
        system,
        profile=_profile(system.profile, fact),
        intake=intake_after(system.intake, fact, at),
        answerable=system.answerable | _answerable(fact),
        rounds=(*system.rounds, at) if isinstance(fact, IntakeSubmitted) else system.rounds,
        overrides=frozenset() if isinstance(fact, IntakeSubmitted) else system.overrides,
    )


def registered_as(fact: SystemRegistered) -> Active:
    """A system on the day it entered the portfolio."""
    profile = Profile(
        name=fact.name,
        owner=fact.owner,
        requester=fact.requester,
        region=fact.region,
        business_unit=fact.business_unit,
        product_area=fact.product_area,
        team=fact.team,
        external_key=fact.external_key,
    )
    return Active(
        system_id=fact.system_id,
        profile=profile,
        intake=Undescribed(),
        answerable=frozenset({fact.owner, fact.requester}),
    )


def _answerable(fact: IntakeSubmitted | IntakeAmended) -> frozenset[PersonId]:
    return frozenset({fact.owner, fact.requester} if isinstance(fact, IntakeSubmitted) else {fact.owner})


def _profile(known: Profile, fact: IntakeSubmitted | IntakeAmended) -> Profile:
    return replace(
        known,
        name=fact.name,
        owner=fact.owner,
        region=fact.region or known.region,
        business_unit=fact.business_unit or known.business_unit,
        product_area=fact.product_area or known.product_area,
        team=fact.team or known.team,
    )
