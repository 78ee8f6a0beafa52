"""How a review begins and how it ends undecided."""

import pytest

from services.review.domain.case import Gathering, Withdrawn
from services.review.domain.commands import Open, Withdraw
from shared.events.review import ClockStarted, ClockStopped
from shared.refusals import Refused
from tests.domain.review.world import DAY, MONDAY, REVIEW, World, at_day, confirmed, kinds, only


def test_a_confirmed_tier_opens_a_review_and_the_submitters_clock_runs() -> None:
    world = World()
    facts = world.when(Open(review_id=REVIEW, confirmed=confirmed("medium"), confirmed_at=MONDAY))
    assert kinds(facts) == ["ReviewOpened", "ClockStarted"]
    clock = only(facts, ClockStarted)
    assert (clock.clock, clock.holder, clock.minutes) == ("gathering", "submitter", 10 * DAY)
    assert clock.due_at == at_day(11, 17)  # ten working days from Monday morning end on Friday of the next week
    assert isinstance(world.state, Gathering)


@pytest.mark.parametrize("changed", [{"prohibited": True}, {"opens_review": False}])
def test_a_prohibited_use_opens_none(changed: dict[str, bool]) -> None:
    assert World().when(Open(review_id=REVIEW, confirmed=confirmed("high", **changed), confirmed_at=MONDAY)) == []


def test_a_review_is_not_opened_twice() -> None:
    assert World().opened().when(Open(review_id=REVIEW, confirmed=confirmed(), confirmed_at=MONDAY)) == []


def test_withdrawing_stops_every_clock_and_ends_the_review() -> None:
    world = World().staffed().opened("medium").submitted().at(at_day(1))
    facts = world.when(Withdraw(reason="the system was retired"))
    assert kinds(facts) == ["ClockStopped"] * 3 + ["ReviewWithdrawn"]
    assert [one.clock for one in facts if isinstance(one, ClockStopped)] == [
        "signoff:product",
        "signoff:security",
        "review",
    ]
    assert isinstance(world.state, Withdrawn)
    assert world.next() is None


def test_a_review_that_is_over_is_not_withdrawn_again() -> None:
    world = World().opened()
    world.when(Withdraw(reason="a newer round began"))
    assert world.when(Withdraw(reason="the system was retired")) == []


def test_nothing_can_be_done_to_a_review_that_never_was_or_was_withdrawn() -> None:
    with pytest.raises(Refused, match="not-found"):
        World().attach()
    world = World().opened()
    world.when(Withdraw(reason="retired"))
    with pytest.raises(Refused, match="wrong-state"):
        world.attach()
