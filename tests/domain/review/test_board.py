"""The board's votes and decision."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from services.review.domain import appointing
from services.review.domain.case import Decided, opened_case
from services.review.domain.circumstances import Actor
from services.review.domain.commands import CloseVote, MeetCondition, Recuse
from services.review.domain.rules import Rules
from shared.events.review import (
    ClockStarted,
    ConditionImposed,
    DecisionRecorded,
    ProposedCondition,
    ReviewFact,
    VoteCast,
)
from shared.refusals import Refused
from tests.domain.review.world import World, at_day, kinds, only, refused


def before_board(tier: str = "medium") -> World:
    world = World().staffed().opened(tier).submitted()
    for discipline in opened_case(world.state).opened.disciplines:
        world.signs(discipline)
    return world


def closes(world: World, by: str = "chair", **changed: Any) -> list[ReviewFact]:
    values: dict[str, Any] = {
        "actor": Actor(person=by),
        "rationale": "the evidence carries it",
        "options": ("approve", "reject"),
        "evidence_digest": world.evidence_digest,
        "policy_digest": world.rules.digest,
    }
    return world.when(CloseVote(**values | changed))


def test_a_quorum_of_the_board_decides_and_dissent_is_kept() -> None:
    world = before_board()
    for member in ("member-1", "member-2"):
        world.votes(member)
    world.votes("member-3", "reject")
    decision = only(closes(world), DecisionRecorded)
    assert (decision.outcome, decision.authority, decision.recorded_by) == ("approved", "board", "chair")
    assert (decision.votes_for, decision.votes_against, decision.quorum, len(decision.board)) == (2, 1, 3, 4)
    assert decision.dissent == ("member-3",)
    assert decision.expires_at == world.now.replace(year=2027)
    assert isinstance(world.state, Decided)


def test_a_majority_against_rejects() -> None:
    world = before_board()
    world.votes("member-1")
    world.votes("member-2", "reject")
    world.votes("member-3", "reject")
    decision = only(closes(world), DecisionRecorded)
    assert (decision.outcome, decision.dissent, decision.expires_at) == ("rejected", ("member-1",), None)


def test_without_a_quorum_there_is_no_decision() -> None:
    world = before_board()
    world.votes("member-1")
    world.votes("member-2")
    with pytest.raises(Refused, match="quorum-missing"):
        closes(world)


@pytest.mark.parametrize("without", ["a rule", "a term"])
def test_nobody_decides_at_a_tier_that_the_policy_has_dropped(without: str) -> None:
    world = before_board()
    for member in ("member-1", "member-2", "member-3"):
        world.votes(member)
    world.rules = _no_longer_medium(world.rules, without)
    with pytest.raises(Refused, match="no longer rules on tier 'medium'"):
        closes(world)


def _no_longer_medium(rules: Rules, without: str) -> Rules:
    def no_months(tier: str) -> int | None:
        raise LookupError(tier)

    if without == "a term":
        return replace(rules, recertification_months=no_months)
    left = tuple(rule for rule in rules.matrix.decisions if rule.kind != "launch")
    return replace(rules, matrix=structs.replace(rules.matrix, decisions=left))


def test_the_board_waits_for_the_disciplines() -> None:
    world = World().staffed().opened("medium").submitted()
    world.signs("product")
    with pytest.raises(Refused, match="security"):
        world.votes("member-1")


def test_the_disciplines_alone_decide_a_low_tier_on_which_they_agree() -> None:
    with pytest.raises(Refused, match="wrong-state"):
        World().staffed().opened("low").submitted().votes("member-1")


def test_the_board_may_approve_what_a_discipline_rejected_at_low() -> None:
    world = World().staffed().opened("low").submitted()
    world.signs("product", "reject")
    for member in ("member-1", "member-2", "member-3"):
        world.votes(member)
    assert only(closes(world), DecisionRecorded).outcome == "approved"


def test_a_vote_names_the_appointment_that_gave_the_right() -> None:
    world = before_board()
    appointment = world.appoint("newcomer", "board_member", scope="business_unit:Retail")
    assert only(world.votes("newcomer"), VoteCast).appointment_id == appointment


def test_an_appointment_for_another_unit_gives_no_vote_here() -> None:
    world = before_board()
    world.appoint("stranger", "board_member", scope="business_unit:Lending")
    assert "not in force" in refused(world.votes("stranger")).reason
    with pytest.raises(Refused, match="forbidden"):
        world.votes("nobody")


def test_a_delegate_votes_in_the_place_of_the_giver() -> None:
    world = before_board()
    mine = next(one.id for one in world.authority.appointments.values() if one.person == "member-1")
    world.offices(
        appointing.Delegate(
            by="member-1", appointment_id=mine, receiver="deputy", valid_from=None, valid_until=at_day(5)
        )
    )
    cast = only(world.votes("deputy", actor=Actor(person="deputy", on_behalf_of="member-1")), VoteCast)
    assert (cast.on_behalf_of, cast.appointment_id) == ("member-1", mine)
    late = world.at(at_day(6)).votes("deputy", actor=Actor(person="deputy", on_behalf_of="member-1"))
    assert "not in force" in refused(late).reason


def test_the_programme_manager_carries_no_vote_alone_through_a_delegate() -> None:
    world = before_board()
    seat = world.appoint("priya-pm", "board_member")
    world.offices(
        appointing.Delegate(
            by="priya-pm", appointment_id=seat, receiver="deputy", valid_from=None, valid_until=at_day(5)
        )
    )
    world.votes("deputy", actor=Actor(person="deputy", on_behalf_of="priya-pm"))
    for member in ("member-1", "member-2"):
        world.votes(member, "abstain")
    with pytest.raises(Refused, match="never approves alone"):
        closes(world)
    world.votes("member-3")
    assert only(closes(world), DecisionRecorded).outcome == "approved"


def test_a_delegate_of_the_owner_rules_on_nothing_of_theirs() -> None:
    world = before_board()
    office = world.appoint("owen-owner", "executive")
    world.offices(
        appointing.Delegate(
            by="owen-owner", appointment_id=office, receiver="member-1", valid_from=None, valid_until=at_day(5)
        )
    )
    assert "delegate" in refused(world.votes("member-1")).reason


def test_one_person_does_not_vote_twice_nor_beside_a_sign_off() -> None:
    world = before_board()
    world.appoint("rev-product", "board_member")
    assert "one place" in refused(world.votes("rev-product")).reason
    theirs = next(one.id for one in world.authority.appointments.values() if one.person == "member-1")
    world.offices(
        appointing.Delegate(
            by="member-1", appointment_id=theirs, receiver="member-2", valid_from=None, valid_until=at_day(5)
        )
    )
    world.votes("member-2")
    again = world.votes("member-2", actor=Actor(person="member-2", on_behalf_of="member-1"))
    assert "one place" in refused(again).reason


def test_a_members_later_vote_takes_the_place_of_the_one_before() -> None:
    world = before_board()
    world.votes("member-1", "reject")
    for member in ("member-1", "member-2", "member-3"):
        world.votes(member)
    decision = only(closes(world), DecisionRecorded)
    assert (decision.votes_for, decision.votes_against) == (3, 0)


def test_votes_on_other_evidence_do_not_count() -> None:
    world = before_board()
    for member in ("member-1", "member-2", "member-3"):
        world.votes(member)
    world.attach("threat-model", digest="c" * 64)
    for discipline in ("product", "security"):
        world.signs(discipline)
    with pytest.raises(Refused, match="quorum-missing"):
        closes(world)


def test_a_decision_on_evidence_that_changed_is_stale() -> None:
    world = before_board()
    for member in ("member-1", "member-2", "member-3"):
        world.votes(member)
    with pytest.raises(Refused, match="stale-decision"):
        closes(world, evidence_digest="0" * 64)


def test_what_is_not_applicable_at_medium_needs_the_boards_confirmation() -> None:
    world = World().staffed().opened("medium").submitted()
    world.signs("product")
    world.signs("security", "not_applicable")
    for member in ("member-1", "member-2", "member-3"):
        world.votes(member)
    with pytest.raises(Refused, match="not applicable: security"):
        closes(world)
    for member in ("member-1", "member-2"):
        world.votes(member, confirms=("security",))
    assert only(closes(world), DecisionRecorded).confirmed_not_applicable == ("security",)


def test_one_confirms_only_what_was_ruled_not_applicable() -> None:
    with pytest.raises(Refused, match="invalid-field"):
        before_board().votes("member-1", confirms=("product",))


def test_the_programme_manager_alone_carries_nothing() -> None:
    world = before_board()
    world.appoint("priya-pm", "board_member")
    world.votes("priya-pm")
    for member in ("member-1", "member-2"):
        world.votes(member, "abstain")
    with pytest.raises(Refused, match="never approves alone"):
        closes(world)


def test_the_vote_of_a_member_who_stepped_back_does_not_count() -> None:
    world = before_board()
    for member in ("member-1", "member-2", "member-3"):
        world.votes(member)
    world.when(Recuse(actor=Actor(person="member-3"), capacity="board", reason="a conflict came up"))
    with pytest.raises(Refused, match="quorum-missing"):
        closes(world)


def test_the_requester_does_not_close_the_vote() -> None:
    world = before_board()
    world.appoint("rita-requester", "board_chair")
    assert "own request" in refused(closes(world, by="rita-requester")).reason


def test_conditions_of_the_board_are_confirmed_by_another_than_their_owner() -> None:
    world = before_board()
    for member in ("member-1", "member-2", "member-3"):
        world.votes(member)
    condition = ProposedCondition(text="publish the notice", owner="chair", due_on=date(2026, 5, 1))
    facts = closes(world, conditions=(condition,))
    assert only(facts, DecisionRecorded).outcome == "approved_with_conditions"
    which = only(facts, ConditionImposed).condition_id
    own = world.when(MeetCondition(actor=Actor(person="chair"), condition_id=which))
    assert "theirs to meet" in refused(own).reason
    met = world.when(MeetCondition(actor=Actor(person="member-1"), condition_id=which))
    assert kinds(met) == ["ConditionMet"]
    with pytest.raises(Refused, match="wrong-state"):
        world.when(MeetCondition(actor=Actor(person="member-2"), condition_id=which))


def test_what_is_decided_stays_decided() -> None:
    world = before_board()
    for member in ("member-1", "member-2", "member-3"):
        world.votes(member)
    closes(world)
    with pytest.raises(Refused, match="already-decided"):
        closes(world)


def test_who_voted_or_signed_off_does_not_become_a_submitter() -> None:
    world = before_board()
    world.votes("member-1")
    for ruled in ("member-1", "rev-product"):
        with pytest.raises(Refused, match="segregation-of-duties"):
            world.attach(actor=Actor(person=ruled, submitter=True))


def test_a_delegate_of_a_conditions_owner_does_not_confirm_it() -> None:
    world = before_board()
    for member in ("member-1", "member-2", "member-3"):
        world.votes(member)
    theirs = ProposedCondition(text="log it", owner="member-1", due_on=date(2026, 6, 1))
    imposed = only(closes(world, conditions=(theirs,)), ConditionImposed)
    mine = next(one.id for one in world.authority.appointments.values() if one.person == "member-1")
    world.offices(
        appointing.Delegate(
            by="member-1", appointment_id=mine, receiver="deputy", valid_from=None, valid_until=at_day(5)
        )
    )
    actor = Actor(person="deputy", on_behalf_of="member-1")
    attempt = refused(world.when(MeetCondition(actor=actor, condition_id=imposed.condition_id)))
    assert (attempt.by, "theirs to meet" in attempt.reason) == ("deputy", True)


def test_sign_offs_on_an_older_policy_no_longer_stand_and_their_clocks_start_again() -> None:
    world = before_board()
    world.votes("member-1")
    world.rules = replace(world.rules, digest="f" * 64)
    with pytest.raises(Refused, match="product, security"):
        world.votes("member-2")
    started = [fact.clock for fact in world.notice() if isinstance(fact, ClockStarted)]
    assert started == ["signoff:product", "signoff:security"]
    assert world.notice() == []
    for discipline in ("product", "security"):
        world.signs(discipline)
    assert only(world.votes("member-2"), VoteCast).policy_digest == "f" * 64
    with pytest.raises(Refused, match="quorum-missing"):
        closes(world)
