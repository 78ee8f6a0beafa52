"""Whose request a review is may change while it runs: nobody who comes to that side rules, or has ruled, on it."""

from datetime import timedelta
from typing import Any

import pytest

from services.review.domain.board import seats
from services.review.domain.case import opened_case
from services.review.domain.circumstances import Actor, Circumstances
from services.review.domain.commands import Assign, CloseVote, FollowPeople, MeetCondition, Submit
from shared.events.review import (
    ClockResumed,
    ClockStarted,
    DecisionRecorded,
    EvidenceAttached,
    ProposedCondition,
    ResponsibilityChanged,
)
from shared.refusals import Refused
from tests.domain.review.world import MONDAY, World, at_day, kinds, only, refused


def followed(world: World, owner: str, *people: str, minutes: int = 1) -> list[Any]:
    return world.when(FollowPeople(owner=owner, people=frozenset(people), as_of=MONDAY + timedelta(minutes=minutes)))


def in_review(tier: str = "medium") -> World:
    return World().staffed().opened(tier).submitted()


def closing(world: World, **changed: Any) -> CloseVote:
    values: dict[str, Any] = {
        "actor": Actor(person="chair"),
        "rationale": "weighed",
        "options": (),
        "evidence_digest": world.evidence_digest,
        "policy_digest": world.rules.digest,
    }
    return CloseVote(**values | changed)


def close(world: World) -> Any:
    return only(world.when(closing(world)), DecisionRecorded)


def test_a_new_owner_does_not_sign_off_and_the_old_one_still_may_not() -> None:
    world = in_review()
    world.appoint("owen-owner", "reviewer:security")
    assert only(followed(world, "rev-product"), ResponsibilityChanged).joined == ("rev-product",)
    assert "own request" in refused(world.signs("product")).reason
    assert "own request" in refused(world.signs("security", by="owen-owner")).reason


def test_what_the_new_owner_had_signed_counts_no_more_and_its_clock_runs_again() -> None:
    world = in_review()
    world.signs("product")
    world.signs("security")
    facts = followed(world, "rev-product")
    assert only(facts, ClockStarted).clock == "signoff:product"
    assert opened_case(world.state).outstanding(world.rules.digest) == ("product",)
    with pytest.raises(Refused, match="have not ruled yet: product"):
        world.votes("member-1")


def test_what_a_member_voted_who_becomes_the_owner_counts_no_more_and_their_seat_is_none() -> None:
    world = in_review()
    for discipline in ("product", "security"):
        world.signs(discipline)
    for member in ("member-1", "member-2", "member-3", "chair"):
        world.votes(member)
    followed(world, "member-1")
    met = Circumstances(now=world.now, rules=world.rules, authority=world.authority, ids=str)
    assert set(seats(opened_case(world.state), met)) == {"member-2", "member-3", "chair"}
    decided = close(world)
    assert (decided.votes_for, decided.accountable_owner) == (3, "member-1")


def test_who_amended_the_intake_is_one_side_with_it_too() -> None:
    world = in_review()
    changed = only(followed(world, "owen-owner", "rev-security"), ResponsibilityChanged)
    assert (changed.owner, changed.joined) == ("owen-owner", ("rev-security",))
    assert "own request" in refused(world.signs("security")).reason


def test_a_sign_off_that_lay_in_their_hands_lies_in_them_no_more() -> None:
    world = in_review()
    world.when(Assign(actor=Actor(person="lead-product"), discipline="product", reviewer="rev-product"))
    followed(world, "rev-product")
    assert opened_case(world.state).assigned == {}
    with pytest.raises(Refused, match="segregation-of-duties"):
        world.when(Assign(actor=Actor(person="lead-product"), discipline="product", reviewer="rev-product"))


def test_the_new_owner_may_hand_in_the_evidence() -> None:
    world = World().opened("medium")
    followed(world, "nora-new")
    world.attach(actor=Actor(person="nora-new"))
    assert kinds(world.when(Submit(actor=Actor(person="nora-new"))))[0] == "EvidenceSubmitted"


def test_nothing_new_makes_no_fact() -> None:
    world = in_review()
    assert followed(world, "owen-owner", "rita-requester") == []
    assert World().when(FollowPeople(owner="x", people=frozenset(), as_of=MONDAY)) == []


def test_what_intake_recorded_earlier_changes_nothing_though_it_is_heard_later() -> None:
    world = in_review()
    assert followed(world, "early", minutes=-1) == []
    followed(world, "second", minutes=2)
    assert followed(world, "first", minutes=1) == []
    assert opened_case(world.state).owner == "second"


def test_who_acted_in_anothers_name_is_on_their_side_as_well() -> None:
    world = World().staffed().opened("medium")
    hand = Actor(person="rita-requester", hand="rev-product")
    assert only(world.attach(actor=hand), EvidenceAttached).hand == "rev-product"
    world.when(Submit(actor=Actor(person="rita-requester")))
    assert "own request" in refused(world.signs("product")).reason


def test_who_signs_in_anothers_name_has_taken_that_place_as_well() -> None:
    world = in_review()
    world.appoint("rev-product", "reviewer:security")
    world.signs("security", actor=Actor(person="rev-security", hand="rev-product"))
    assert refused(world.signs("product")).reason == "one person fills one place in a review"


def test_while_the_submitter_answers_no_clock_of_others_goes_on() -> None:
    world = in_review()
    world.signs("product", "request_changes")
    assert kinds(followed(world, "nora-new")) == ["ResponsibilityChanged"]
    assert not [fact for fact in world.facts if isinstance(fact, ClockResumed)]


def test_who_comes_to_answer_for_the_system_after_the_decision_confirms_none_of_its_conditions() -> None:
    world = in_review()
    for discipline in ("product", "security"):
        world.signs(discipline)
    for member in ("member-1", "member-2", "member-3", "chair"):
        world.votes(member)
    condition = ProposedCondition(text="test the alert", owner="owen-owner", due_on=at_day(30).date())
    world.when(closing(world, conditions=(condition,)))
    (imposed,) = opened_case(world.state).conditions
    followed(world, "member-1")
    confirming = MeetCondition(actor=Actor(person="member-1"), condition_id=imposed)
    assert "own request" in refused(world.when(confirming)).reason
    assert kinds(world.when(MeetCondition(actor=Actor(person="member-2"), condition_id=imposed))) == ["ConditionMet"]
    assert followed(world, "member-2", minutes=2) == []  # nothing is left to be ruled on
