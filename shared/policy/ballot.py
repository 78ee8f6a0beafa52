"""Counting: what the votes of a board amount to at one moment. Who holds a seat then is asked of `offices`."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from shared.policy.authority import Rule

Result = Literal["pending", "approve", "reject"]
Choice = Literal["approve", "reject", "abstain"]


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """One seat's vote. `seat` is the appointment by which it is cast (a delegate casts it for the seat's holder).

    `roles` are all the offices that those behind the vote hold at that moment.
    """

    seat: str
    by: str
    choice: Choice
    roles: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a count says, with its reason in words.

    `needed`: votes in favour that carry it as things stand.
    """

    result: Result
    reason: str
    votes_for: int = 0
    votes_against: int = 0
    abstained: int = 0
    quorum: int = 0
    needed: int = 0


def count_votes(rule: Rule, votes: Sequence[Vote], seats: int, never_alone: Sequence[str] = ()) -> Outcome:
    """The board's outcome with these votes, of `seats` that may vote (without the recused and the conflicted).

    Carried: a quorum has voted and those in favour are a majority of yes and no, plus the rule's extra votes.
    Rejected: a quorum has voted and most said no, or the seats still to vote can no longer carry it.
    Raises `ValueError` when a seat votes twice, more vote than may, or the rule is not one for the board.
    """
    if rule.quorum is None:
        raise ValueError(f"{rule.kind} is not decided by vote")
    if len({vote.seat for vote in votes}) != len(votes) or len({vote.by for vote in votes}) != len(votes):
        raise ValueError("a seat, or a person, votes once")
    if len(votes) > seats:
        raise ValueError("more votes than seats that may vote")
    tally = _Tally(
        yes=sum(vote.choice == "approve" for vote in votes),
        no=sum(vote.choice == "reject" for vote in votes),
        abstained=sum(vote.choice == "abstain" for vote in votes),
        open=seats - len(votes),
        quorum=rule.quorum.of(seats),
        extra=rule.extra_votes,
    )
    lonely = [vote for vote in votes if vote.choice == "approve"]
    alone = bool(lonely) and all(vote.roles and set(vote.roles) <= set(never_alone) for vote in lonely)
    result, reason = _alone(tally) if alone and tally.carries else _ruling(tally)
    return Outcome(
        result=result,
        reason=reason,
        votes_for=tally.yes,
        votes_against=tally.no,
        abstained=tally.abstained,
        quorum=tally.quorum,
        needed=tally.needed,
    )


class _Tally(msgspec.Struct, frozen=True, kw_only=True):
    yes: int
    no: int
    abstained: int
    open: int
    quorum: int
    extra: int

    @property
    def quorate(self) -> bool:
        return self.yes + self.no + self.abstained >= self.quorum

    @property
    def needed(self) -> int:
        return (self.yes + self.no) // 2 + 1 + self.extra

    @property
    def carries(self) -> bool:
        return self.quorate and self.yes >= self.needed

    @property
    def hopeless(self) -> bool:
        """Not even with every open seat in favour."""
        best = self.yes + self.open
        return best < (best + self.no) // 2 + 1 + self.extra


def _alone(tally: _Tally) -> tuple[Result, str]:
    return "pending", f"{tally.yes} in favour, but from an office that never approves alone."


def _ruling(tally: _Tally) -> tuple[Result, str]:
    count = f"{tally.yes} for, {tally.no} against, {tally.abstained} abstained"
    if tally.open + tally.yes + tally.no + tally.abstained < tally.quorum:
        return "pending", f"No quorum can be made: {tally.quorum} are needed and fewer may vote ({count})."
    if not tally.quorate:
        return "pending", f"No quorum yet: {tally.quorum} are needed ({count})."
    if tally.carries:
        return "approve", f"Carried: {count}, {tally.needed} needed."
    if tally.no > tally.yes:
        return "reject", f"Rejected: {count}."
    if tally.hopeless:
        return "reject", f"Not carried: {count}, {tally.needed} needed, and no open seat can change that."
    return "pending", f"Not carried yet: {count}, {tally.needed} needed."
