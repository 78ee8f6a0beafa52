"""The disciplines' verdicts and what follows from them."""

from datetime import date, timedelta

import pytest

from services.review.domain.appointing import Delegate
from services.review.domain.case import AwaitingAnswers, Decided, InReview, opened_case
from services.review.domain.circumstances import Actor
from services.review.domain.commands import Answer, Assign, Recuse
from shared.events.review import (
    BallPassed,
    ClockPaused,
    ClockStarted,
    ClockStopped,
    ConditionImposed,
    DecisionRecorded,
    ProposedCondition,
    ReviewEscalated,
)
from shared.refusals import Refused
from tests.domain.review.world import World, at_day, kinds, only, refused

CONDITION = ProposedCondition(text="log the prompts", owner="owen-owner", due_on=date(2026, 4, 1))


def low() -> World:
    return World().staffed().opened("low").submitted()


def test_a_low_tier_is_decided_in_the_same_append_when_all_disciplines_approve() -> None:
    world = low().at(at_day(1))
    facts = world.signs("product")
    assert kinds(facts) == ["SignedOff", "ClockStopped", "ClockStopped", "DecisionRecorded"]
    decision = only(facts, DecisionRecorded)
    assert (decision.outcome, decision.authority, decision.accountable_owner) == (
        "approved",
        "disciplines",
        "owen-owner",
    )
    assert decision.within
    assert decision.net_minutes == 480
    assert decision.expires_at == world.now.replace(year=2028)  # 24 months at the lowest tier
    assert isinstance(world.state, Decided)


def test_approval_with_conditions_imposes_them() -> None:
    facts = low().signs("product", "approve_with_conditions", conditions=(CONDITION,))
    imposed = only(facts, ConditionImposed)
    assert (imposed.owner, imposed.due_on, imposed.imposed_by) == ("owen-owner", CONDITION.due_on, "discipline:product")
    decision = only(facts, DecisionRecorded)
    assert (decision.outcome, decision.conditions) == ("approved_with_conditions", (imposed.condition_id,))


def test_one_rejection_sends_a_low_tier_to_the_board() -> None:
    world = low()
    facts = world.signs("product", "reject")
    escalated = only(facts, ReviewEscalated)
    assert (escalated.role, escalated.addressee, escalated.clock) == ("board_chair", "chair", None)
    assert only(facts, BallPassed).holder == "board"
    assert isinstance(world.state, InReview)
    assert opened_case(world.state).for_board


def test_a_medium_tier_goes_to_the_board_once_all_disciplines_have_ruled() -> None:
    world = World().staffed().opened("medium").submitted()
    assert kinds(world.signs("product")) == ["SignedOff", "ClockStopped"]
    assert kinds(world.signs("security")) == ["SignedOff", "ClockStopped", "BallPassed"]


def test_requesting_changes_pauses_what_runs_and_starts_the_submitters_clock() -> None:
    world = World().staffed().opened("medium").submitted().at(at_day(1, 10))
    facts = world.signs("security", "request_changes")
    paused = {one.clock: one for one in facts if isinstance(one, ClockPaused)}
    assert set(paused) == {"review", "signoff:product", "signoff:security"}
    assert paused["review"].spent_minutes == 480 + 60
    assert paused["review"].reason == "security asked for changes"
    assert only(facts, ClockStarted).clock == "answer"
    assert isinstance(world.state, AwaitingAnswers)


def test_nobody_rules_while_the_submitter_has_the_ball() -> None:
    world = World().staffed().opened("medium").submitted()
    world.signs("security", "request_changes")
    with pytest.raises(Refused, match="wrong-state"):
        world.signs("product")


def test_a_discipline_that_asked_rules_again_after_the_answer() -> None:
    world = World().staffed().opened("low").submitted()
    world.signs("product", "request_changes")
    world.at(at_day(3)).when(Answer(actor=Actor(person="owen-owner"), text="done"))
    decision = only(world.signs("product"), DecisionRecorded)
    assert decision.submitter_seconds == timedelta(days=3).total_seconds()
    assert decision.net_minutes == 0


def test_not_applicable_needs_a_reason_and_settles_a_discipline() -> None:
    world = World().staffed().opened("medium").submitted()
    with pytest.raises(Refused, match="invalid-field"):
        world.signs("security", "not_applicable", reason=" ")
    assert kinds(world.signs("security", "not_applicable")) == ["SignedOff", "ClockStopped"]


@pytest.mark.parametrize("wrong", [{"evidence_digest": "0" * 64}, {"policy_digest": "0" * 64}])
def test_a_stale_verdict_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Refused, match="stale-decision"):
        low().signs("product", **wrong)


def test_without_an_appointment_there_is_no_verdict() -> None:
    with pytest.raises(Refused, match="forbidden"):
        low().signs("product", by="rev-security")
    with pytest.raises(Refused, match="invalid-field"):
        low().signs("security")


@pytest.mark.parametrize("person", ["rita-requester", "owen-owner"])
def test_requester_and_owner_rule_on_nothing_of_theirs(person: str) -> None:
    world = low()
    world.appoint(person, "reviewer:product")
    assert "own request" in refused(world.signs("product", by=person)).reason


def test_whoever_handed_evidence_in_is_on_the_submitters_side() -> None:
    world = World().staffed().opened()
    world.attach(actor=Actor(person="rev-product", submitter=True))
    world.submitted()
    assert "own request" in refused(world.signs("product")).reason


def test_administrators_decide_nothing() -> None:
    attempt = low().signs("product", actor=Actor(person="rev-product", administrator=True))
    assert "administrators" in refused(attempt).reason


def test_one_person_fills_one_place() -> None:
    world = World().staffed().opened("medium").submitted()
    world.appoint("rev-product", "reviewer:security")
    world.signs("product")
    assert "one place" in refused(world.signs("security", by="rev-product")).reason


def test_an_office_that_ended_meanwhile_is_a_recorded_refusal() -> None:
    world = low()
    world.appoint("guest", "reviewer:product", until=at_day(1))
    assert "not in force" in refused(world.at(at_day(2)).signs("product", by="guest")).reason


def test_the_programme_manager_never_approves_alone() -> None:
    world = low()
    world.appoint("priya-pm", "reviewer:product")
    facts = world.signs("product", by="priya-pm")
    assert only(facts, ReviewEscalated).reason == "nobody but a programme manager approved it"
    assert isinstance(world.state, InReview)


@pytest.mark.parametrize("lent", [True, False])
def test_the_programme_manager_approves_alone_by_no_other_hand_either(lent: bool) -> None:
    """Neither by an office of theirs that somebody acts for, nor by acting for somebody with that one's token."""
    world = low()
    office = world.appoint("priya-pm", "reviewer:product")
    if lent:
        world.offices(
            Delegate(by="priya-pm", appointment_id=office, receiver="deputy", valid_from=None, valid_until=at_day(1))
        )
    actor = Actor(person="deputy", on_behalf_of="priya-pm") if lent else Actor(person="rev-product", hand="priya-pm")
    facts = world.signs("product", actor=actor)
    assert only(facts, ReviewEscalated).reason == "nobody but a programme manager approved it"
    assert isinstance(world.state, InReview)


def test_who_steps_back_does_not_return_and_what_they_ruled_no_longer_counts() -> None:
    world = World().staffed().opened("medium").submitted()
    world.appoint("second-product", "reviewer:product")
    world.signs("product")
    facts = world.when(Recuse(actor=Actor(person="rev-product"), capacity="product", reason="a relative works there"))
    assert [one.clock for one in facts if isinstance(one, ClockStarted)] == ["signoff:product"]
    assert "stepped back" in refused(world.signs("product")).reason
    assert only(world.signs("product", by="second-product"), ClockStopped).clock == "signoff:product"


def test_a_lead_or_the_programme_manager_assigns_a_reviewer_of_the_discipline() -> None:
    world = low()
    for by in ("lead-product", "priya-pm"):
        assigned = world.when(Assign(actor=Actor(person=by), discipline="product", reviewer="rev-product"))
        assert kinds(assigned) == ["DisciplineAssigned"]
    with pytest.raises(Refused, match="forbidden"):
        world.when(Assign(actor=Actor(person="rev-product"), discipline="product", reviewer="rev-product"))
    with pytest.raises(Refused, match="invalid-field"):
        world.when(Assign(actor=Actor(person="priya-pm"), discipline="product", reviewer="rev-security"))


def test_a_late_verdict_records_the_breach_nobody_had_noticed() -> None:
    facts = low().at(at_day(4)).signs("product")
    assert kinds(facts) == [
        "SignedOff",
        "ClockBreached",
        "ClockStopped",
        "ClockBreached",
        "ClockStopped",
        "DecisionRecorded",
    ]
    assert not only(facts, DecisionRecorded).within
