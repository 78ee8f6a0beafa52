"""The board: votes on exactly what is on the table, a quorum, and the decision that the votes make."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.review.domain import ballots, decision, duties
from services.review.domain.case import LOW, Case, State, case_in_review
from services.review.domain.circumstances import Circumstances
from services.review.domain.commands import CloseVote, Vote
from services.review.domain.matter import rulers
from shared.events.fact import PersonId
from shared.events.review import ApprovalRefused, ReviewFact, VoteCast
from shared.policy import ballot
from shared.policy.authority import Rule
from shared.refusals import Refused

CHOICES: Final = frozenset({"approve", "reject", "abstain"})


def vote(state: State, command: Vote, at: Circumstances) -> Sequence[ReviewFact]:
    """A board member's vote; a later one of the same member takes its place until the vote is closed."""
    case = _before_board(state, at)
    if command.choice not in CHOICES:
        raise Refused("invalid-field", f"{command.choice} is not a choice")
    if not command.rationale.strip():
        raise Refused("invalid-field", "a vote needs its rationale")
    whose = command.actor.on_behalf_of or command.actor.person
    attempted = f"vote: {command.choice}"
    right = duties.claim(case, command.actor, at.rules.matrix.board, f"vote:{whose}", attempted, at)
    if isinstance(right, ApprovalRefused):
        return [right]
    duties.fresh(case, command.evidence_digest, command.policy_digest, at)
    if unknown := set(command.confirms) - not_applicable(case, at):
        raise Refused("invalid-field", f"not ruled as not applicable: {', '.join(sorted(unknown))}")
    cast_now = VoteCast(
        review_id=case.review_id,
        by=command.actor.person,
        choice=command.choice,
        rationale=command.rationale,
        evidence_digest=command.evidence_digest,
        policy_digest=command.policy_digest,
        appointment_id=right.appointment.id,
        on_behalf_of=right.on_behalf_of,
        confirms=tuple(sorted(set(command.confirms))),
        hand=command.actor.hand,
    )
    return [cast_now]


def close(state: State, command: CloseVote, at: Circumstances) -> Sequence[ReviewFact]:
    """Close the vote; the votes decide."""
    case = _before_board(state, at)
    if not command.rationale.strip():
        raise Refused("invalid-field", "a decision needs its rationale")
    right = duties.claim(case, command.actor, at.rules.matrix.board, None, "closing the vote", at)
    if isinstance(right, ApprovalRefused):
        return [right]
    duties.fresh(case, command.evidence_digest, command.policy_digest, at)
    if any(condition.due_on < at.now.date() for condition in command.conditions):
        raise Refused("invalid-time", "a condition is due today or later")
    if (outcome := tally(case, at)) is None:
        raise decision.unruled(case.opened.tier)
    if outcome.result == "pending":
        raise Refused("quorum-missing", outcome.reason)
    return decision.record(case, _ruling(case, command, outcome, at), at)


def tally(case: Case, at: Circumstances) -> ballot.Outcome | None:
    """What the votes amount to so far; None where the policy in force has no rule for the review's tier any more."""
    rule = _rule(case, at)
    return None if rule is None else ballots.tally(case, rule, counted(case, at), at)


def not_applicable(case: Case, at: Circumstances) -> set[str]:
    """The disciplines that ruled themselves not applicable."""
    return {name for name, one in case.standing(at.rules.digest).items() if one.verdict == "not_applicable"}


def counted(case: Case, at: Circumstances) -> list[VoteCast]:
    """The votes that count: cast on exactly this evidence and policy, by members who neither stepped back nor joined
    the request's side since."""
    return [
        one
        for one in case.votes.values()
        if one.evidence_digest == case.evidence_digest
        and one.policy_digest == at.rules.digest
        and not rulers(one) & case.stood_aside
    ]


def seats(case: Case, at: Circumstances) -> Mapping[PersonId, str]:
    """The seats that may vote, by person."""
    return ballots.seats(case, counted(case, at), at)


def _ruling(case: Case, command: CloseVote, outcome: ballot.Outcome, at: Circumstances) -> decision.Ruling:
    passed = outcome.result == "approve"
    proposed = decision.conditions_of_disciplines(case, at) + [("board", one) for one in command.conditions]
    word = ("approved_with_conditions" if proposed else "approved") if passed else "rejected"
    votes = counted(case, at)
    return decision.Ruling(
        outcome=word,
        authority="board",
        rationale=command.rationale,
        options=tuple(command.options),
        accountable_owner=command.accountable_owner or case.owner,
        recorded_by=command.actor.person,
        proposed=proposed if passed else (),
        ballot=decision.Ballot(
            votes_for=outcome.votes_for,
            votes_against=outcome.votes_against,
            abstained=outcome.abstained,
            dissent=ballots.dissent(votes, passed=passed),
            quorum=outcome.quorum,
            board=tuple(seats(case, at).values()),
            confirmed_not_applicable=_confirmed(case, votes, passed, at),
        ),
    )


def _confirmed(case: Case, votes: Sequence[VoteCast], passed: bool, at: Circumstances) -> tuple[str, ...]:
    """The disciplines confirmed as not applicable by more than half of the votes that count.

    Raises `Refused("wrong-state")` for an approval at medium or high that leaves one unconfirmed (domain 4).
    """
    open_ones = not_applicable(case, at) if case.opened.tier != LOW else set()
    confirmed = {name for name in open_ones if 2 * sum(name in one.confirms for one in votes) > len(votes)}
    if passed and confirmed != open_ones:
        left = ", ".join(sorted(open_ones - confirmed))
        raise Refused("wrong-state", f"the board has not confirmed that these are not applicable: {left}")
    return tuple(sorted(confirmed))


def _rule(case: Case, at: Circumstances) -> Rule | None:
    matrix, tier = at.rules.matrix, case.opened.tier
    try:
        rule = matrix.for_decision("launch", tier)
        return matrix.for_decision(rule.on_rejection, tier) if rule.on_rejection is not None else rule
    except LookupError:
        return None


def _before_board(state: State, at: Circumstances) -> Case:
    case = case_in_review(state)
    if not case.for_board:
        raise Refused("wrong-state", "the disciplines decide this review, not the board")
    if missing := case.outstanding(at.rules.digest):
        raise Refused("wrong-state", f"these disciplines have not ruled yet: {', '.join(missing)}")
    return case
