"""Describing a registered system anew: amend, withdraw, declare a material change."""

from collections.abc import Sequence
from dataclasses import replace

from services.intake.domain.commands import Amend, DeclareChange, Description, Source, Withdraw
from services.intake.domain.dated import Decided
from services.intake.domain.differing import changed_answers, changed_places, changes
from services.intake.domain.measuring import measured
from services.intake.domain.proposing import Start, triaged
from services.intake.domain.rounds import still_wanted, submission_of
from services.intake.domain.rules import Rules
from services.intake.domain.state import (
    Active,
    Asked,
    Clock,
    Confirmed,
    Profile,
    Retired,
    Round,
    State,
    Submission,
    Waiting,
    Withdrawn,
    active,
    known,
    round_of,
)
from shared.events.intake import IntakeAmended, IntakeSubmitted, IntakeWithdrawn, MaterialChangeDeclared
from shared.refusals import Refused


def amend(state: State, command: Amend, rules: Rules) -> Sequence[Decided]:
    """A new description of the present round: triaged again where an answer changed, nothing where nothing did.

    While answers are wanted, only those hand the ball back, stated again unchanged too: whatever else is amended waits
    with them.

    An older delivery of the same source changes nothing. Raises `wrong-state` when answers change after the tier was
    confirmed.
    """
    system = known(state)
    present = round_of(system, command.intake_id)
    if stale(present.submission, command.source):
        return []
    changed = changes(system.profile, present.submission, command.description, command.texts_changed)
    restated = _restated(present, command, changed)
    if not changed and not restated:
        return []
    amended = _amended(system, present.submission, command, changed, restated)
    if isinstance(state, Retired):
        return [amended]
    match present:
        case Asked() if answered(present, command.description, [*changed, *restated]):
            return [amended, *_triaged_again(system, present, amended, command, rules)]
        case Waiting() if answered_anew(present, command.description):
            return [amended, *_triaged_again(system, present, amended, command, rules)]
        case Confirmed() | Withdrawn() if answered_anew(present, command.description):
            raise Refused("wrong-state", "the tier was confirmed on other answers: declare a material change")
        case _:
            return [amended]


def declare_change(state: State, command: DeclareChange, rules: Rules) -> Sequence[Decided]:
    """A new round of triage for a system whose tier was confirmed, with the difference in words.

    Raises `wrong-state` while the tier waits for confirmation: until then an amendment does.
    """
    system = active(state)
    present = round_of(system)
    if stale(present.submission, command.source):
        return []
    if isinstance(present, Waiting | Asked):
        raise Refused("wrong-state", "the tier is not confirmed yet: amend the intake")
    changed = changes(system.profile, present.submission, command.description, command.texts_changed)
    submitted = _next_round(system, present, command)
    profile = _profile_after(system.profile, command.description)
    start = Start(now=command.now, at=command.now)
    proposed, *confirmed = triaged(
        system.system_id, profile, submission_of(submitted, command.now), rules, start, system
    )
    declared = MaterialChangeDeclared(
        system_id=system.system_id,
        intake_id=command.intake_id,
        round=submitted.round,
        summary=command.summary,
        changed=tuple(changed),
        difference=measured(system, present, submitted.answers, rules),
        by=command.by,
    )
    return [declared, submitted, proposed, *confirmed]


def withdraw(state: State, command: Withdraw) -> Sequence[Decided]:
    """Take the intake back. A repeat, and a delivery older than what is known, change nothing.

    Raises `wrong-state` for a system that is live: what runs is retired, not taken back.
    """
    system = known(state)
    present = round_of(system, command.intake_id)
    if isinstance(present, Withdrawn) or isinstance(state, Retired) or stale(present.submission, command.source):
        return []
    if system.live:
        raise Refused("wrong-state", "the system is live: retire it instead")
    withdrawn = IntakeWithdrawn(
        system_id=system.system_id,
        intake_id=present.submission.intake_id,
        reason=command.reason,
        origin=command.source.origin,
        source_time=command.source.time,
    )
    return [withdrawn]


def answered(present: Asked, told: Description, changed: Sequence[str]) -> bool:
    """Whether nothing that was asked for is still wanted: each was answered since, and is not unknown."""
    return not still_wanted(present, changed, told.answers.keys() | told.texts.keys())


def answered_anew(present: Round, told: Description) -> bool:
    """Whether the description answers any question otherwise than the present round does."""
    return bool(changed_answers(present.submission.answers, told.answers))


def stale(submission: Submission, source: Source) -> bool:
    """Whether the source told something newer before."""
    return source.time is not None and submission.source_time is not None and source.time < submission.source_time


def _restated(present: Round, command: Amend, changed: Sequence[str]) -> tuple[str, ...]:
    """What is still wanted and was stated again as it stood: the submitter stands by it."""
    if not isinstance(present, Asked):
        return ()
    known_answers = command.description.answers.keys() | command.description.texts.keys()
    return tuple(
        name for name in present.wanted if name in command.stated and name in known_answers and name not in changed
    )


def _triaged_again(
    system: Active, present: Waiting | Asked, amended: IntakeAmended, command: Amend, rules: Rules
) -> Sequence[Decided]:
    revised = replace(present.submission, revision=amended.revision, answers=amended.answers, texts=amended.texts)
    profile = _profile_after(system.profile, command.description)
    return triaged(system.system_id, profile, revised, rules, _going_on(present, command), system)


def _going_on(present: Waiting | Asked, command: Amend) -> Start:
    """The triage clock after an amendment: it goes on as it was, or with what was left of it when it was stopped."""
    match present:
        case Waiting(clock=Clock() as clock):
            return Start(now=command.now, at=clock.starts_at, going_on=clock)
        case Asked(triage_clock=Clock(), minutes_left=minutes):
            return Start(now=command.now, at=command.now, minutes_left=minutes)
        case _:
            return Start(now=command.now, at=command.now, held=True)


def _amended(
    system: Active, known_: Submission, command: Amend, changed: Sequence[str], restated: tuple[str, ...]
) -> IntakeAmended:
    told, source = command.description, command.source
    return IntakeAmended(
        system_id=system.system_id,
        intake_id=known_.intake_id,
        revision=known_.revision + 1,
        form_version=told.form_version,
        name=told.name,
        answers=dict(told.answers),
        texts=dict(told.texts),
        changed=tuple(changed),
        owner=told.owner,
        origin=source.origin,
        source_ref=source.ref,
        source_time=source.time,
        amended_by=command.by,
        restated=restated,
        **changed_places(system.profile, told),
    )


def _next_round(system: Active, present: Round, command: DeclareChange) -> IntakeSubmitted:
    told, source = command.description, command.source
    return IntakeSubmitted(
        system_id=system.system_id,
        intake_id=command.intake_id,
        round=present.submission.round + 1,
        form_version=told.form_version,
        name=told.name,
        answers=dict(told.answers),
        texts=dict(told.texts),
        requester=command.by,
        owner=told.owner,
        origin=source.origin,
        source_ref=source.ref,
        source_time=source.time,
        submitted_by=command.sent_by if command.sent_by != command.by else None,
        **changed_places(system.profile, told),
    )


def _profile_after(profile: Profile, told: Description) -> Profile:
    return replace(profile, name=told.name, owner=told.owner, **changed_places(profile, told))
