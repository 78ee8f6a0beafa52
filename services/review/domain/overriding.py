"""Overrides of tiers: the board's votes on exactly what was proposed, and the decision that they make."""

from collections.abc import Sequence
from typing import Final, assert_never

from services.review.domain import ballots, duties, tabling
from services.review.domain.circumstances import Actor, Circumstances
from services.review.domain.override import Override, State, acquainted, before_board
from services.review.domain.override_commands import CloseOn, Command, Follow, Lapse, StepBack, Table, VoteOn
from shared.events.review import (
    OverrideAttemptRefused,
    OverrideDecided,
    OverrideFact,
    OverrideRecusalDeclared,
    OverrideVoteCast,
)
from shared.policy import ballot
from shared.policy.authority import Rule
from shared.policy.offices import Acting
from shared.refusals import Refused

CHOICES: Final = frozenset({"approve", "reject", "abstain"})


def decide(state: State, command: Command, at: Circumstances) -> Sequence[OverrideFact]:
    """The facts that a command makes of an override.

    An attempt to rule on what one may not is a fact too: a lone `OverrideAttemptRefused`. Raises `Refused` otherwise.
    """
    state = acquainted(state, at.authority.identities)
    match command:
        case Table():
            return tabling.table(state, command)
        case Lapse():
            return tabling.lapse(state, command)
        case Follow():
            return tabling.follow(state, command)
        case VoteOn():
            return _vote(before_board(state), command, at)
        case StepBack():
            return _step_back(before_board(state), command)
        case CloseOn():
            return _close(before_board(state), command, at)
        case _:
            assert_never(command)


def rule_of(override: Override, at: Circumstances) -> Rule | None:
    """The rule of the authority matrix by which the board decides: that of the graver of the two tiers.

    None where the matrix does not put it to the board.
    """
    tabled = override.tabled
    kind, graver = ("tier-downgrade", tabled.from_tier) if tabled.downgrade else ("tier-upgrade", tabled.to_tier)
    try:
        rule = at.rules.matrix.for_decision(kind, graver)
    except LookupError:
        return None
    return rule if rule.body == "board" else None


def tally(override: Override, at: Circumstances) -> ballot.Outcome | None:
    """What the votes amount to so far; None where it is not the board's to decide."""
    rule = rule_of(override, at)
    return None if rule is None else ballots.tally(override, rule, override.counted(), at)


def _vote(override: Override, command: VoteOn, at: Circumstances) -> Sequence[OverrideFact]:
    if command.choice not in CHOICES:
        raise Refused("invalid-field", f"{command.choice} is not a choice")
    if not command.rationale.strip():
        raise Refused("invalid-field", "a vote needs its rationale")
    slot = f"vote:{command.actor.on_behalf_of or command.actor.person}"
    right = _claim(override, command.actor, slot, f"vote: {command.choice}", at)
    if isinstance(right, OverrideAttemptRefused):
        return [right]
    _fresh(override, command, at)
    cast_now = OverrideVoteCast(
        override_id=override.tabled.override_id,
        by=command.actor.person,
        choice=command.choice,
        rationale=command.rationale,
        proposal_digest=command.proposal_digest,
        policy_digest=command.policy_digest,
        appointment_id=right.appointment.id,
        on_behalf_of=right.on_behalf_of,
        hand=command.actor.hand,
    )
    return [cast_now]


def _step_back(override: Override, command: StepBack) -> Sequence[OverrideFact]:
    if command.actor.person in override.recused:
        raise Refused("wrong-state", "that person stepped back already")
    override_id = override.tabled.override_id
    return [OverrideRecusalDeclared(override_id=override_id, by=command.actor.person, reason=command.reason)]


def _close(override: Override, command: CloseOn, at: Circumstances) -> Sequence[OverrideFact]:
    if not command.rationale.strip():
        raise Refused("invalid-field", "a decision needs its rationale")
    right = _claim(override, command.actor, None, "closing the vote", at)
    if isinstance(right, OverrideAttemptRefused):
        return [right]
    _fresh(override, command, at)
    if (rule := rule_of(override, at)) is None:
        raise Refused("forbidden", "the policy does not let the board decide this")
    outcome = ballots.tally(override, rule, override.counted(), at)
    if outcome.result == "pending":
        raise Refused("quorum-missing", outcome.reason)
    return [_decided(override, command, rule, outcome, at)]


def _decided(
    override: Override, command: CloseOn, rule: Rule, outcome: ballot.Outcome, at: Circumstances
) -> OverrideDecided:
    tabled, votes, passed = override.tabled, override.counted(), outcome.result == "approve"
    return OverrideDecided(
        override_id=tabled.override_id,
        system_id=tabled.system_id,
        intake_id=tabled.intake_id,
        round=tabled.round,
        from_tier=tabled.from_tier,
        to_tier=tabled.to_tier,
        downgrade=tabled.downgrade,
        outcome="approved" if passed else "refused",
        authority="board",
        kind=rule.kind,
        accountable_owner=tabled.accountable_owner,
        rationale=command.rationale,
        options=tuple(command.options),
        proposal_digest=tabled.proposal_digest,
        policy_digest=at.rules.digest,
        decided_at=at.now,
        recorded_by=command.actor.person,
        votes_for=outcome.votes_for,
        votes_against=outcome.votes_against,
        abstained=outcome.abstained,
        needed=outcome.needed,
        quorum=outcome.quorum,
        dissent=ballots.dissent(votes, passed=passed),
        board=tuple(ballots.seats(override, votes, at).values()),
    )


def _claim(
    override: Override, actor: Actor, slot: str | None, attempted: str, at: Circumstances
) -> Acting | OverrideAttemptRefused:
    right = duties.entitled(override, actor, at.rules.matrix.board, slot, at)
    if isinstance(right, Acting):
        return right
    override_id = override.tabled.override_id
    return OverrideAttemptRefused(override_id=override_id, by=actor.person, attempted=attempted, reason=right)


def _fresh(override: Override, command: VoteOn | CloseOn, at: Circumstances) -> None:
    """Pass if what was read is what lies before the board; what was proposed under another policy no longer does."""
    if command.proposal_digest != override.tabled.proposal_digest:
        raise Refused("stale-decision", "this is not the proposal that was read")
    if at.rules.digest != override.tabled.policy_digest:
        raise Refused("stale-decision", "the policy changed since this was proposed: propose it anew")
    if command.policy_digest != at.rules.digest:
        raise Refused("stale-decision", "the policy changed since it was read")
