"""Two ids of one person are one person, also for what was recorded before anybody knew."""

from typing import Any

import pytest

from services.review.domain.appointing import Appoint, Delegate, Join
from services.review.domain.board import seats, tally
from services.review.domain.case import acquainted, opened_case
from services.review.domain.circumstances import Actor, Circumstances
from services.review.domain.commands import CloseVote, FollowJoining, MeetCondition, Recuse
from shared.events.review import ClockStarted, ConditionImposed, DecisionRecorded, ProposedCondition
from shared.refusals import Refused
from tests.domain.review.world import World, at_day, only, refused


def joined(world: World, one: str, other: str) -> list[Any]:
    world.offices(Join(person=one, other=other))
    return world.when(FollowJoining())


def in_review(tier: str = "medium") -> World:
    return World().staffed().opened(tier).submitted()


def before_board() -> World:
    world = in_review()
    for discipline in ("product", "security"):
        world.signs(discipline)
    return world


def now(world: World) -> tuple[Any, Circumstances]:
    case = opened_case(acquainted(world.state, world.authority.identities))
    return case, Circumstances(now=world.now, rules=world.rules, authority=world.authority, ids=str)


@pytest.mark.parametrize("side", ["owen-owner", "rita-requester"])
def test_whoever_turns_out_to_be_the_owner_or_requester_rules_on_nothing(side: str) -> None:
    world = in_review()
    joined(world, "rev-product", side)
    assert "own request" in refused(world.signs("product")).reason


def test_joining_goes_on_over_a_third_id() -> None:
    world = in_review()
    joined(world, "rev-product", "a-third-id")
    joined(world, "owen-owner", "a-third-id")
    assert "own request" in refused(world.signs("product")).reason


def test_what_they_had_signed_counts_no_more_and_its_clock_runs_again() -> None:
    world = before_board()
    assert only(joined(world, "owen-owner", "rev-security"), ClockStarted).clock == "signoff:security"
    with pytest.raises(Refused, match="have not ruled yet: security"):
        world.votes("member-1")
    world.signs("security", by="lead-security")
    world.votes("member-1")


def test_who_ruled_in_two_places_has_ruled_in_none() -> None:
    world = before_board()
    world.votes("member-1")
    joined(world, "member-1", "rev-product")
    case, met = now(world)
    assert case.outstanding(world.rules.digest) == ("product",)
    assert tally(case, met).result == "pending"
    assert "one place" in refused(world.signs("product")).reason


def test_who_signed_does_not_vote_under_another_id() -> None:
    world = before_board()
    joined(world, "member-1", "rev-product")
    assert "one place" in refused(world.votes("member-1")).reason


def test_a_person_with_two_seats_has_one() -> None:
    world = before_board()
    joined(world, "member-1", "member-2")
    world.votes("member-2")
    case, met = now(world)
    assert set(seats(case, met)) == {"member-2", "member-3", "chair"}
    assert "one place" in refused(world.votes("member-1")).reason


def test_a_programme_managers_other_id_never_approves_alone() -> None:
    world = in_review("low")
    joined(world, "priya-pm", "rev-product")
    facts = world.signs("product")
    assert not [one for one in facts if isinstance(one, DecisionRecorded)]
    assert opened_case(world.state).for_board


def test_who_stepped_back_does_not_return_under_another_id() -> None:
    world = in_review()
    world.when(Recuse(actor=Actor(person="rev-product"), capacity="product", reason="related"))
    joined(world, "rev-product", "lead-product")
    assert "stepped back" in refused(world.signs("product", by="lead-product")).reason


def test_the_owners_delegate_under_another_id_rules_on_nothing_of_theirs() -> None:
    world = in_review()
    office = world.appoint("owen-owner", "executive")
    lent = Delegate(
        by="owen-owner", appointment_id=office, receiver="a-second-id", valid_from=None, valid_until=at_day(30)
    )
    world.offices(lent)
    joined(world, "a-second-id", "rev-product")
    assert "delegate" in refused(world.signs("product")).reason


def test_nobody_confirms_their_own_condition_under_another_id() -> None:
    world = before_board()
    for member in ("member-1", "member-2", "member-3", "chair"):
        world.votes(member)
    condition = ProposedCondition(text="test the alert", owner="member-1", due_on=at_day(30).date())
    closing = CloseVote(
        actor=Actor(person="chair"),
        rationale="weighed",
        options=(),
        evidence_digest=world.evidence_digest,
        policy_digest=world.rules.digest,
        conditions=(condition,),
    )
    imposed = only(world.when(closing), ConditionImposed).condition_id
    joined(world, "member-1", "member-2")
    assert (
        "theirs to meet"
        in refused(world.when(MeetCondition(actor=Actor(person="member-2"), condition_id=imposed))).reason
    )


def test_nobody_gives_an_office_to_their_other_id() -> None:
    world = World().staffed()
    world.offices(Join(person="helena-head", other="h-2"))
    appoint = Appoint(
        by="helena-head",
        may_appoint=True,
        person="h-2",
        role="executive",
        scope="all",
        valid_from=None,
        valid_until=None,
    )
    with pytest.raises(Refused, match="nobody appoints themselves"):
        world.offices(appoint)


def test_joining_gives_no_office() -> None:
    world = in_review()
    joined(world, "rev-product", "a-second-id")
    with pytest.raises(Refused, match="forbidden"):
        world.signs("security", by="a-second-id")
