"""The wire name and version of every fact, written by hand, and the way from bytes to facts and back.

A name once published stays. A fact whose shape changes gets a new version here and an upcaster in `upcasters`;
an unknown name stops the reader (`UnknownType`), it is never skipped.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from shared.events import intake, reporting, review, set_aside, upcasters
from shared.events.fact import Fact

CATALOGUE: Final[Mapping[str, type[Fact]]] = {
    "gatehouse.intake.system_discovered.v1": intake.SystemDiscovered,
    "gatehouse.intake.discovery_settled.v1": intake.DiscoverySettled,
    "gatehouse.intake.system_registered.v1": intake.SystemRegistered,
    "gatehouse.intake.submitted.v1": intake.IntakeSubmitted,
    "gatehouse.intake.amended.v1": intake.IntakeAmended,
    "gatehouse.intake.withdrawn.v1": intake.IntakeWithdrawn,
    "gatehouse.intake.tier_proposed.v1": intake.TierProposed,
    "gatehouse.intake.tier_confirmed.v1": intake.TierConfirmed,
    "gatehouse.intake.answers_requested.v1": intake.AnswersRequested,
    "gatehouse.intake.triage_reminded.v1": intake.TriageReminded,
    "gatehouse.intake.triage_breached.v1": intake.TriageBreached,
    "gatehouse.intake.triage_escalated.v1": intake.TriageEscalated,
    "gatehouse.intake.confirmation_refused.v1": intake.ConfirmationRefused,
    "gatehouse.intake.material_change_declared.v1": intake.MaterialChangeDeclared,
    "gatehouse.intake.override_proposed.v1": intake.OverrideProposed,
    "gatehouse.intake.tier_overridden.v1": intake.TierOverridden,
    "gatehouse.intake.override_not_applied.v1": intake.OverrideNotApplied,
    "gatehouse.intake.system_launched.v1": intake.SystemLaunched,
    "gatehouse.intake.launch_escalated.v1": intake.LaunchEscalated,
    "gatehouse.intake.system_retired.v1": intake.SystemRetired,
    "gatehouse.intake.system_merged.v1": intake.SystemMerged,
    "gatehouse.intake.approval_noted.v1": intake.ApprovalNoted,
    "gatehouse.intake.training_completed.v1": intake.TrainingCompleted,
    "gatehouse.intake.person_forgotten.v1": intake.PersonForgotten,
    "gatehouse.intake.people_joined.v1": intake.PeopleJoined,
    "gatehouse.intake.records_released.v1": set_aside.IntakeRecordsReleased,
    "gatehouse.review.opened.v1": review.ReviewOpened,
    "gatehouse.review.responsibility_changed.v1": review.ResponsibilityChanged,
    "gatehouse.review.withdrawn.v1": review.ReviewWithdrawn,
    "gatehouse.review.discipline_assigned.v1": review.DisciplineAssigned,
    "gatehouse.review.clock_started.v1": review.ClockStarted,
    "gatehouse.review.clock_paused.v1": review.ClockPaused,
    "gatehouse.review.ball_passed.v1": review.BallPassed,
    "gatehouse.review.clock_resumed.v1": review.ClockResumed,
    "gatehouse.review.clock_stopped.v1": review.ClockStopped,
    "gatehouse.review.clock_reminded.v1": review.ClockReminded,
    "gatehouse.review.clock_breached.v1": review.ClockBreached,
    "gatehouse.review.escalated.v1": review.ReviewEscalated,
    "gatehouse.review.evidence_attached.v1": review.EvidenceAttached,
    "gatehouse.review.evidence_submitted.v1": review.EvidenceSubmitted,
    "gatehouse.review.completeness_scored.v1": review.CompletenessScored,
    "gatehouse.review.signed_off.v1": review.SignedOff,
    "gatehouse.review.changes_answered.v1": review.ChangesAnswered,
    "gatehouse.review.recusal_declared.v1": review.RecusalDeclared,
    "gatehouse.review.condition_imposed.v1": review.ConditionImposed,
    "gatehouse.review.condition_met.v1": review.ConditionMet,
    "gatehouse.review.vote_cast.v1": review.VoteCast,
    "gatehouse.review.decision_recorded.v1": review.DecisionRecorded,
    "gatehouse.review.approval_refused.v1": review.ApprovalRefused,
    "gatehouse.review.override_tabled.v1": review.OverrideTabled,
    "gatehouse.review.override_vote_cast.v1": review.OverrideVoteCast,
    "gatehouse.review.override_recusal_declared.v1": review.OverrideRecusalDeclared,
    "gatehouse.review.override_attempt_refused.v1": review.OverrideAttemptRefused,
    "gatehouse.review.override_people_joined.v1": review.OverridePeopleJoined,
    "gatehouse.review.override_lapsed.v1": review.OverrideLapsed,
    "gatehouse.review.override_decided.v1": review.OverrideDecided,
    "gatehouse.review.appointment_made.v1": review.AppointmentMade,
    "gatehouse.review.appointment_ended.v1": review.AppointmentEnded,
    "gatehouse.review.delegation_given.v1": review.DelegationGiven,
    "gatehouse.review.delegation_ended.v1": review.DelegationEnded,
    "gatehouse.review.identities_joined.v1": review.IdentitiesJoined,
    "gatehouse.review.records_released.v1": set_aside.ReviewRecordsReleased,
    "gatehouse.monitoring.records_released.v1": set_aside.MonitoringRecordsReleased,
    "gatehouse.reporting.records_released.v1": set_aside.ReportingRecordsReleased,
    "gatehouse.reporting.log_verified.v1": reporting.LogVerified,
}
_DECODERS: Final = {name: msgspec.json.Decoder(kind) for name, kind in CATALOGUE.items()}
_NAMES: Final[Mapping[type[Fact], str]] = {kind: name for name, kind in CATALOGUE.items()}


class UnknownType(Exception):
    """A record names a fact that this build does not know: the reader must stop, not skip."""


class MalformedFact(Exception):
    """A record's data does not have the shape that its type promises."""


def type_of(fact: Fact) -> str:
    """The wire name under which this fact is written today."""
    return _NAMES[type(fact)]


def data_of(fact: Fact) -> dict[str, Any]:
    """The fact's fields as plain JSON values; times as RFC 3339."""
    data: dict[str, Any] = msgspec.to_builtins(fact, enc_hook=None)
    return data


def fact_of(type_name: str, data: bytes | msgspec.Raw) -> Fact:
    """The fact that a record holds, lifted to its present shape; `data` is its JSON.

    Raises `UnknownType` for a name never published and `MalformedFact` for data of another shape.
    """
    try:
        if type_name in upcasters.STEPS:
            return _lifted(type_name, msgspec.json.decode(data))
        decoder = _DECODERS.get(type_name)
        if decoder is None:
            raise UnknownType(type_name)
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MalformedFact(f"{type_name}: {error}") from error


def _lifted(type_name: str, data: Mapping[str, Any]) -> Fact:
    name, lifted = upcasters.lift(type_name, data)
    if name not in CATALOGUE:
        raise UnknownType(type_name)
    return msgspec.convert(lifted, CATALOGUE[name])
