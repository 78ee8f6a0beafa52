"""The board: votes on exactly what is on the table, a quorum, and the decision that the votes make."""

from collections.abc import Sequence
from typing import Final

from services.review.domain import decision, duties
from services.review.domain.authority import BOARD_ROLES, PROGRAMME_MANAGER
from services.review.domain.case import LOW, Case, State, case_in_review
from services.review.domain.circumstances import Circumstances
from services.review.domain.commands import CloseVote, Vote
from shared.events.review import ApprovalRefused, ReviewFact, VoteCast
from shared.refusals import Refused

CHOICES: Final = frozenset({"for", "against", "abstain"})


def vote(state: State, command: Vote, at: Circumstances) -> Sequence[ReviewFact]:
    """A board member's vote; a later one of the same member takes its place until the vote is closed."""
    case = _before_board(state)
    if command.choice not in CHOICES:
        raise Refused("invalid-field", f"{command.choice} is not a choice")
    if not command.rationale.strip():
        raise Refused("invalid-field", "a vote needs its rationale")
    whose = command.actor.on_behalf_of or command.actor.person
    right = duties.claim(case, command.actor, BOARD_ROLES, f"vote:{whose}", f"vote {command.choice}", at)
    if isinstance(right, ApprovalRefused):
        return [right]
    duties.fresh(case, command.evidence_digest, command.policy_digest, at)
    if unknown := set(command.confirms) - not_applicable(case):
        raise Refused("invalid-field", f"not ruled as not applicable: {', '.join(sorted(unknown))}")
    cast = VoteCast(
        review_id=case.review_id,
        by=command.actor.person,
        choice=command.choice,
        rationale=command.rationale,
        evidence_digest=command.evidence_digest,
        policy_digest=command.policy_digest,
        appointment_id=right.appointment_id,
        on_behalf_of=right.on_behalf_of,
        confirms=tuple(sorted(set(command.confirms))),
    )
    return [cast]


def close(state: State, command: CloseVote, at: Circumstances) -> Sequence[ReviewFact]:
    """Close the vote: more votes for than against approve, if enough voted; else it is rejected."""
    case = _before_board(state)
    if not command.rationale.strip():
        raise Refused("invalid-field", "a decision needs its rationale")
    right = duties.claim(case, command.actor, BOARD_ROLES, None, "closing the vote", at)
    if isinstance(right, ApprovalRefused):
        return [right]
    duties.fresh(case, command.evidence_digest, command.policy_digest, at)
    if any(condition.due_on < at.now.date() for condition in command.conditions):
        raise Refused("invalid-time", "a condition is due today or later")
    ruling = _ruling(case, command, at)
    alone = _managers_alone(case, ruling, command, at)
    return [alone] if alone is not None else decision.record(case, ruling, at)


def not_applicable(case: Case) -> set[str]:
    """The disciplines that ruled themselves not applicable."""
    return {name for name, one in case.standing().items() if one.verdict == "not_applicable"}


def counted(case: Case, at: Circumstances) -> list[VoteCast]:
    """The votes that count: cast on exactly this evidence and policy, by members who have not stepped back since."""
    return [
        one
        for whose, one in case.votes.items()
        if one.evidence_digest == case.evidence_digest
        and one.policy_digest == at.rules.digest
        and not {whose, one.by} & case.recused
    ]


def eligible(case: Case, at: Circumstances) -> dict[str, str]:
    """The board members in office who may vote here: appointment by person."""
    barred = duties.own_side(case) | case.recused
    made = at.authority.holders(BOARD_ROLES, at.now, duties.scopes(case))
    return {one.person: one.appointment_id for one in reversed(made) if one.person not in barred}


def _ruling(case: Case, command: CloseVote, at: Circumstances) -> decision.Ruling:
    votes, members = counted(case, at), eligible(case, at)
    quorum = at.rules.quorum(case.opened.tier, len(members))
    if len(votes) < quorum:
        raise Refused("quorum-missing", f"{len(votes)} votes count and {quorum} are needed")
    in_favour = [one for one in votes if one.choice == "for"]
    against = [one for one in votes if one.choice == "against"]
    passed = len(in_favour) > len(against)
    proposed = decision.conditions_of_disciplines(case) + [("board", one) for one in command.conditions]
    outcome = ("approved_with_conditions" if proposed else "approved") if passed else "rejected"
    return decision.Ruling(
        outcome=outcome,
        authority="board",
        rationale=command.rationale,
        options=tuple(command.options),
        accountable_owner=command.accountable_owner or case.opened.owner,
        recorded_by=command.actor.person,
        proposed=proposed if passed else (),
        votes_for=len(in_favour),
        votes_against=len(against),
        abstained=len(votes) - len(in_favour) - len(against),
        dissent=tuple(one.on_behalf_of or one.by for one in (against if passed else in_favour)),
        quorum=quorum,
        board=tuple(members.values()),
        confirmed_not_applicable=_confirmed(case, votes, passed),
    )


def _confirmed(case: Case, votes: Sequence[VoteCast], passed: bool) -> tuple[str, ...]:
    """The disciplines confirmed as not applicable by more than half of the votes that count.

    Raises `Refused("wrong-state")` for an approval at medium or high that leaves one unconfirmed (domain 4).
    """
    open_ones = not_applicable(case) if case.opened.tier != LOW else set()
    confirmed = {name for name in open_ones if 2 * sum(name in one.confirms for one in votes) > len(votes)}
    if passed and confirmed != open_ones:
        left = ", ".join(sorted(open_ones - confirmed))
        raise Refused("wrong-state", f"the board has not confirmed that these are not applicable: {left}")
    return tuple(sorted(confirmed))


def _managers_alone(
    case: Case, ruling: decision.Ruling, command: CloseVote, at: Circumstances
) -> ApprovalRefused | None:
    managers = {made.person for made in at.authority.holders([PROGRAMME_MANAGER], at.now, duties.scopes(case))}
    in_favour = {person for one in counted(case, at) if one.choice == "for" for person in (one.by, one.on_behalf_of)}
    if ruling.outcome == "rejected" or not in_favour - {None} <= managers:
        return None
    return ApprovalRefused(
        review_id=case.review_id,
        by=command.actor.person,
        attempted="closing the vote",
        reason="the programme manager never approves a launch alone",
    )


def _before_board(state: State) -> Case:
    case = case_in_review(state)
    if not case.for_board:
        raise Refused("wrong-state", "the disciplines decide this review, not the board")
    if missing := case.outstanding():
        raise Refused("wrong-state", f"these disciplines have not ruled yet: {', '.join(missing)}")
    return case
