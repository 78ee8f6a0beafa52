"""Overriding a confirmed tier is the board's: intake takes proposals to it, and follows what it decided."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from services.intake.domain.dated import Decided
from services.intake.domain.override_commands import NoteOverride, ProposeOverride
from services.intake.domain.proposing import Ruling, confirmed
from services.intake.domain.rules import Assessment, Rules
from services.intake.domain.state import Active, Confirmed, Merged, Retired, State, active, known, round_of
from shared.events.canonical import canonical
from shared.events.fact import Answer
from shared.events.intake import OverrideNotApplied, OverrideProposed, TierConfirmed, TierOverridden
from shared.refusals import Refused


def propose_override(state: State, command: ProposeOverride, rules: Rules) -> Sequence[Decided]:
    """Another tier than the confirmed one is put to the board, with everything that it is to decide on.

    Raises `wrong-state` while no tier is confirmed, `stale-decision` for another tier or round than the present one,
    `invalid-field` for a tier that the policy does not have or that stands already.
    """
    system = active(state)
    present = round_of(system)
    if not isinstance(present, Confirmed):
        raise Refused("wrong-state", "only a confirmed tier can be overridden")
    if (command.from_tier, command.round) != (present.assessment.tier, present.submission.round):
        raise Refused(
            "stale-decision",
            f"in round {present.submission.round} the tier is {present.assessment.tier}",
        )
    if rules.rank(command.to_tier) is None:
        raise Refused("invalid-field", f"the policy has no tier {command.to_tier!r}", [_TIER])
    if command.to_tier == command.from_tier:
        raise Refused("invalid-field", f"the tier is {command.to_tier} already", [_TIER])
    demanded = rules.assess(present.submission.answers, system.profile.region, at_tier=command.to_tier)
    return [_proposed(system, present, command, demanded, rules)]


def note_override(state: State, command: NoteOverride, rules: Rules) -> Sequence[Decided]:
    """What the board decided takes effect: a new round of the same intake, its tier confirmed by the board.

    A decision on what stands no more changes nothing, and that is on record.
    """
    decision = command.decision
    system = state.was if isinstance(state, Merged) else known(state)
    present = system.intake
    if reason := _outdated(state, command, rules):
        return [
            OverrideNotApplied(
                system_id=system.system_id,
                override_id=decision.override_id,
                to_tier=decision.to_tier,
                reason=reason,
            )
        ]
    assert isinstance(present, Confirmed)
    return _overridden(system, present, command, rules)


def answers_digest(answers: Mapping[str, Answer]) -> str:
    """SHA-256 (hex) of the answers on which a tier rests."""
    return hashlib.sha256(canonical(msgspec.to_builtins(dict(answers)))).hexdigest()


def _proposed(
    system: Active, present: Confirmed, command: ProposeOverride, demanded: Assessment, rules: Rules
) -> OverrideProposed:
    profile = system.profile
    return OverrideProposed(
        system_id=system.system_id,
        override_id=command.override_id,
        intake_id=present.submission.intake_id,
        round=present.submission.round,
        name=profile.name,
        from_tier=command.from_tier,
        to_tier=command.to_tier,
        # A tier that the policy no longer knows is left only with the votes that it takes to go down.
        downgrade=not rules.below(command.from_tier, command.to_tier),
        rationale=command.rationale,
        accountable_owner=command.accountable_owner or profile.owner,
        by=command.by,
        people=tuple(sorted(system.answerable | present.submission.described_by | {profile.owner, profile.requester})),
        disciplines=demanded.disciplines,
        evidence=demanded.evidence,
        answers_digest=answers_digest(present.submission.answers),
        policy_version=demanded.policy_version,
        policy_digest=demanded.policy_digest,
        business_unit=profile.business_unit,
        product_area=profile.product_area,
        hand=command.hand,
    )


def _outdated(state: State, command: NoteOverride, rules: Rules) -> str | None:
    """Why the decision is on what stands no more; None if it is on what stands."""
    decision = command.decision
    if isinstance(state, Merged):
        return f"the system was merged: it lives on as {state.into}"
    if isinstance(state, Retired):
        return "the system was retired"
    system = known(state)
    present = system.intake
    if not isinstance(present, Confirmed) or present.submission.round != decision.round:
        return "another round of the intake has begun, or it was withdrawn"
    if decision.override_id not in system.overrides:
        return "no such override was proposed in this round"
    if rules.assess(present.submission.answers, system.profile.region).policy_digest != decision.policy_digest:
        return "the policy changed since the decision"
    return None


def _overridden(system: Active, present: Confirmed, command: NoteOverride, rules: Rules) -> Sequence[Decided]:
    decision = command.decision
    overridden = TierOverridden(
        system_id=system.system_id,
        override_id=decision.override_id,
        intake_id=present.submission.intake_id,
        round=present.submission.round + 1,
        from_tier=decision.from_tier,
        to_tier=decision.to_tier,
        downgrade=decision.downgrade,
        rationale=decision.rationale,
        accountable_owner=decision.accountable_owner,
        decided_by=decision.recorded_by,
        decided_at=decision.decided_at,
        proposal_digest=decision.proposal_digest,
        policy_digest=decision.policy_digest,
    )
    return [overridden, _confirmed(system, present, command, rules)]


def _confirmed(system: Active, present: Confirmed, command: NoteOverride, rules: Rules) -> TierConfirmed:
    decision = command.decision
    begun = replace(present.submission, round=present.submission.round + 1, submitted_at=command.now)
    demanded = rules.assess(begun.answers, system.profile.region, at_tier=decision.to_tier)
    reason = f"the board overrode the tier {decision.from_tier}: override {decision.override_id}"
    ruling = Ruling(assessment=demanded, by=decision.recorded_by, reason=reason)
    fact = confirmed(system.system_id, system.profile, begun, present.proposal, ruling)
    return msgspec.structs.replace(fact, material_change=False)


_TIER = {"detail": "not a tier that the system can be given", "pointer": "#/to_tier"}
