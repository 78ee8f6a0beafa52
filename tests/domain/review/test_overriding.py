"""An override before the board: who may vote, what carries it, what makes it stale, and what is on record."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from services.review.domain.appointing import Delegate, Join
from services.review.domain.circumstances import Actor
from services.review.domain.override_commands import Follow, Lapse, StepBack, Table
from services.review.domain.rules import Rules
from shared.events.review import (
    OverrideAttemptRefused,
    OverrideDecided,
    OverrideLapsed,
    OverridePeopleJoined,
    OverrideRecusalDeclared,
    OverrideTabled,
    OverrideVoteCast,
)
from shared.policy.authority import Quorum, Rule
from shared.refusals import Refused
from tests.domain.review.motion import PROPOSER, Motion, kinds_of, proposed
from tests.domain.review.world import MONDAY, at_day, rules

UP = {"from_tier": "low", "to_tier": "high", "downgrade": False}


def before_board(**changed: Any) -> Motion:
    motion = Motion()
    motion.staffed()
    return motion.tabled(**changed)


def decided(motion: Motion) -> OverrideDecided:
    (fact,) = motion.close()
    assert isinstance(fact, OverrideDecided)
    return fact


def denied(facts: list[Any]) -> str:
    (fact,) = facts
    assert isinstance(fact, OverrideAttemptRefused)
    return fact.reason


def test_a_proposal_comes_before_the_board_once_with_all_that_it_rests_on() -> None:
    motion = Motion()
    (tabled,) = motion.then(Table(proposed=proposed(), proposed_at=MONDAY))
    assert isinstance(tabled, OverrideTabled)
    assert (tabled.from_tier, tabled.to_tier, tabled.proposed_by, len(tabled.proposal_digest)) == (
        "prohibited",
        "high",
        PROPOSER,
        64,
    )
    assert motion.then(Table(proposed=proposed(), proposed_at=MONDAY)) == []
    other = Motion().tabled(rationale="another one").override.tabled
    assert other.proposal_digest != tabled.proposal_digest


@pytest.mark.parametrize(("changed", "needed", "quorum"), [({}, 3, 3), (UP, 2, 2)])
def test_down_takes_one_vote_more_than_up_and_a_greater_quorum(
    changed: dict[str, Any], needed: int, quorum: int
) -> None:
    motion = before_board(**changed)
    for member in ("chair", "member-1"):
        motion.vote(member)
    if needed > 2:
        with pytest.raises(Refused, match="quorum-missing"):
            motion.close()
        motion.vote("member-2")
    fact = decided(motion)
    assert (fact.outcome, fact.authority, fact.needed, fact.quorum) == ("approved", "board", needed, quorum)
    assert fact.kind == ("tier-downgrade" if needed > 2 else "tier-upgrade")
    assert (fact.accountable_owner, fact.recorded_by, len(fact.board)) == ("owen-owner", "chair", 4)


def test_a_majority_that_carries_an_upgrade_does_not_carry_a_downgrade() -> None:
    for changed, outcome in (({}, "refused"), (UP, "approved")):
        motion = before_board(**changed)
        for member, choice in (("chair", "approve"), ("member-1", "approve"), ("member-2", "reject")):
            motion.vote(member, choice)
        motion.vote("member-3", "abstain")
        fact = decided(motion)
        assert (fact.outcome, fact.votes_for, fact.votes_against, fact.abstained) == (outcome, 2, 1, 1)
        assert fact.dissent == (("chair", "member-1") if outcome == "refused" else ("member-2",))


def test_a_refused_override_is_on_record_and_over() -> None:
    motion = before_board()
    for member in ("chair", "member-1", "member-2"):
        motion.vote(member, "reject")
    assert decided(motion).outcome == "refused"
    with pytest.raises(Refused, match="already-decided"):
        motion.vote("member-3")


@pytest.mark.parametrize("changed", [{"by": "member-1"}, {"hand": "member-1"}, {"people": ("member-1",)}])
def test_who_proposed_it_by_whichever_hand_or_has_a_part_in_the_system_rules_on_nothing(
    changed: dict[str, Any],
) -> None:
    motion = before_board(**changed)
    assert "own request" in denied(motion.vote("member-1"))
    assert "own request" in denied(motion.close("member-1"))
    assert "own request" in denied(motion.vote(Actor(person="chair", hand="member-1")))
    for member in ("chair", "member-2", "member-3"):
        motion.vote(member)
    assert len(decided(motion).board) == 3, "they have no seat either"


def test_a_delegate_votes_for_the_seat_and_not_for_the_systems_owner() -> None:
    motion = before_board(people=("member-1",))
    for giver in ("member-1", "member-2"):
        seat = next(one.id for one in motion.authority.appointments.values() if one.person == giver)
        lent = Delegate(by=giver, appointment_id=seat, receiver=f"for-{giver}", valid_from=None, valid_until=at_day(20))
        motion.offices(lent)
    assert "own request" in denied(motion.vote(Actor(person="for-member-1", on_behalf_of="member-1")))
    (cast,) = motion.vote(Actor(person="for-member-2", on_behalf_of="member-2"))
    assert isinstance(cast, OverrideVoteCast)
    assert (cast.by, cast.on_behalf_of) == ("for-member-2", "member-2")


def test_an_administrator_and_who_holds_no_seat_rule_on_nothing() -> None:
    motion = before_board()
    assert "administrators" in denied(motion.vote(Actor(person="chair", administrator=True)))
    with pytest.raises(Refused, match="forbidden"):
        motion.vote("rev-security")


def test_a_vote_of_who_steps_back_or_turns_out_to_be_the_proposer_counts_no_more() -> None:
    motion = before_board(**UP)
    for member in ("chair", "member-1", "member-2"):
        motion.vote(member)
    (recused,) = motion.then(StepBack(actor=Actor(person="member-1"), reason="a friend"))
    assert isinstance(recused, OverrideRecusalDeclared)
    motion.offices(Join(person="member-2", other=PROPOSER))
    with pytest.raises(Refused, match="quorum-missing"):
        motion.close()
    assert "stepped back" in denied(motion.vote("member-1"))
    with pytest.raises(Refused, match="wrong-state"):
        motion.then(StepBack(actor=Actor(person="member-1"), reason="again"))


@pytest.mark.parametrize("wrong", ["proposal_digest", "policy_digest"])
def test_a_ruling_on_another_proposal_or_policy_than_lies_there_is_stale(wrong: str) -> None:
    motion = before_board()
    with pytest.raises(Refused, match="stale-decision"):
        motion.vote("chair", **{wrong: "b" * 64})
    with pytest.raises(Refused, match="stale-decision"):
        motion.close(**{wrong: "b" * 64})


def test_what_was_proposed_under_another_policy_can_no_longer_be_decided() -> None:
    motion = before_board(policy_digest="c" * 64)
    with pytest.raises(Refused, match="propose it anew"):
        motion.vote("chair")


def test_it_lapses_with_what_it_rests_on_but_not_by_what_was_known_when_it_was_proposed() -> None:
    motion = before_board()
    assert motion.then(Lapse(reason="older news", as_of=at_day(-1))) == []
    assert kinds_of(motion.then(Lapse(reason="round 2 began", as_of=at_day(1)))) == [OverrideLapsed.__name__]
    with pytest.raises(Refused, match="stale-decision: this override lapsed: round 2 began"):
        motion.vote("chair")
    assert motion.then(Lapse(reason="again", as_of=at_day(2))) == []


def test_who_comes_to_the_systems_side_meanwhile_has_no_vote_and_what_they_voted_counts_no_more() -> None:
    motion = before_board(**UP)
    for member in ("chair", "member-1"):
        motion.vote(member)
    follow = Follow(people=frozenset({"owen-owner", "member-1"}), as_of=at_day(1))
    (joined,) = motion.then(follow)
    assert isinstance(joined, OverridePeopleJoined)
    assert joined.joined == ("member-1",)
    assert motion.then(follow) == []
    assert motion.then(Follow(people=frozenset({"member-2"}), as_of=at_day(-1))) == [], "older than the proposal"
    assert "own request" in denied(motion.vote("member-1"))
    with pytest.raises(Refused, match="quorum-missing"):
        motion.close()


def test_what_never_came_before_the_board_is_not_found() -> None:
    motion = Motion()
    assert motion.then(Lapse(reason="nothing there", as_of=at_day(1))) == []
    assert motion.then(Follow(people=frozenset({"chair"}), as_of=at_day(1))) == []
    with pytest.raises(Refused, match="not-found"):
        motion.then(StepBack(actor=Actor(person="chair"), reason="r"))


def by_rules(*decisions: Rule) -> Rules:
    """The default rules but for these decisions."""
    kinds = {one.kind for one in decisions}
    others = tuple(one for one in rules().matrix.decisions if one.kind not in kinds)
    return replace(rules(), matrix=msgspec.structs.replace(rules().matrix, decisions=(*decisions, *others)))


def test_the_rule_of_the_graver_tier_decides() -> None:
    quorum = Quorum(percent=50, at_least=1)
    mild = {"body": "board", "about": "", "quorum": quorum}
    grave = {"body": "board", "about": "", "quorum": Quorum(percent=100, at_least=4)}
    for kind, changed in (("tier-downgrade", {}), ("tier-upgrade", UP | {"from_tier": "low"})):
        graver = "prohibited" if kind == "tier-downgrade" else "high"
        motion = before_board(**changed)
        motion.rules = by_rules(
            Rule(kind=kind, tiers=(graver,), **grave), Rule(kind=kind, tiers=("low", "medium"), **mild)
        )
        for member in ("chair", "member-1", "member-2"):
            motion.vote(member)
        with pytest.raises(Refused, match="4 are needed"):
            motion.close()


@pytest.mark.parametrize(
    "decision",
    [
        Rule(kind="tier-downgrade", tiers=("low",), body="nobody", about=""),
        Rule(kind="tier-downgrade", body="person", roles=("executive",), about=""),
    ],
)
def test_what_the_policy_does_not_put_to_the_board_the_board_does_not_decide(decision: Rule) -> None:
    motion = before_board()
    motion.rules = by_rules(decision)
    for member in ("chair", "member-1", "member-2"):
        motion.vote(member)
    with pytest.raises(Refused, match="forbidden"):
        motion.close()


def test_votes_and_decisions_say_why() -> None:
    motion = before_board()
    for asked in ({"rationale": " "}, {"choice": "perhaps"}):
        with pytest.raises(Refused, match="invalid-field"):
            motion.vote("chair", **asked)
    with pytest.raises(Refused, match="invalid-field"):
        motion.close(rationale="")
