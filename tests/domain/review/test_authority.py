"""Offices: given and taken, lent and handed back, recountable at any instant."""

from typing import Any

import pytest

from services.review.domain.appointing import Appoint, Delegate, EndAppointment, EndDelegation
from shared.refusals import Refused
from tests.domain.review.world import ADMIN, World, at_day


def appoint(person: str, role: str, by: str = ADMIN, **changed: Any) -> Appoint:
    values: dict[str, Any] = {"may_appoint": by == ADMIN, "scope": "all", "valid_from": None, "valid_until": None}
    return Appoint(by=by, person=person, role=role, **values | changed)


def holds(world: World, person: str, role: str) -> bool:
    return world.authority.acting(person, None, [role], world.now, []) is not None


def test_an_office_is_held_from_its_beginning_to_its_end() -> None:
    world = World()
    world.offices(appoint("bob", "board_member", valid_from=at_day(1), valid_until=at_day(3)))
    assert [holds(world.at(at_day(day)), "bob", "board_member") for day in (0, 1, 2, 3)] == [False, True, True, False]


def test_an_office_that_is_taken_back_ends_then() -> None:
    world = World()
    office = world.appoint("bob", "board_member")
    world.at(at_day(2)).offices(EndAppointment(by=ADMIN, may_appoint=True, appointment_id=office, reason="left"))
    assert not holds(world, "bob", "board_member")
    assert holds(world.at(at_day(1)), "bob", "board_member")  # as of then it stood, and votes cast then stand
    with pytest.raises(Refused, match="wrong-state"):
        world.offices(EndAppointment(by=ADMIN, may_appoint=True, appointment_id=office, reason="again"))


def test_everybody_may_lay_down_their_own_office() -> None:
    world = World()
    office = world.appoint("bob", "board_member")
    world.offices(EndAppointment(by="bob", may_appoint=False, appointment_id=office, reason="other duties"))
    assert not holds(world, "bob", "board_member")


def test_the_head_of_ai_governance_appoints_and_others_do_not() -> None:
    world = World()
    world.appoint("helena", "head_of_ai_governance")
    world.offices(appoint("bob", "board_member", by="helena"))
    with pytest.raises(Refused, match="forbidden"):
        world.offices(appoint("cyd", "board_member", by="bob"))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"role": "emperor"}, "invalid-field"),
        ({"role": "reviewer:"}, "invalid-field"),
        ({"scope": "planet:earth"}, "invalid-field"),
        ({"person": ADMIN}, "segregation-of-duties"),
        ({"hand": "bob"}, "segregation-of-duties"),
        ({"valid_from": at_day(-1)}, "invalid-time"),
        ({"valid_until": at_day(0)}, "invalid-time"),
    ],
)
def test_an_appointment_that_may_not_be_made_is_refused(changed: dict[str, Any], code: str) -> None:
    values: dict[str, Any] = {"person": "bob", "role": "board_member"} | changed
    with pytest.raises(Refused, match=code):
        World().offices(appoint(**values))


def test_nobody_is_appointed_twice_to_one_office() -> None:
    world = World()
    world.appoint("bob", "board_member")
    with pytest.raises(Refused, match="already-exists"):
        world.appoint("bob", "board_member")


def test_a_delegation_is_given_by_the_holder_within_the_office_and_not_handed_on() -> None:
    world = World()
    office = world.appoint("bob", "board_member", until=at_day(5))
    lend: dict[str, Any] = {
        "by": "bob",
        "appointment_id": office,
        "receiver": "cyd",
        "valid_from": None,
        "valid_until": at_day(2),
    }
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"by": "cyd"}, "forbidden"),
        ({"receiver": "bob"}, "segregation-of-duties"),
        ({"hand": "cyd"}, "segregation-of-duties"),
        ({"valid_until": at_day(6)}, "invalid-time"),
        ({"appointment_id": "55555555-5555-4555-8555-555555555555"}, "not-found"),
    ]
    for changed, code in wrong:
        with pytest.raises(Refused, match=code):
            world.offices(Delegate(**lend | changed))
    world.offices(Delegate(**lend))
    right = world.authority.acting("cyd", "bob", ["board_member"], world.now, [])
    assert right is not None
    assert right.on_behalf_of == "bob"
    with pytest.raises(Refused, match="forbidden"):
        world.offices(Delegate(**lend | {"by": "cyd", "receiver": "dan"}))


def test_a_delegation_that_is_taken_back_ends_then() -> None:
    world = World()
    office = world.appoint("bob", "board_member")
    world.offices(Delegate(by="bob", appointment_id=office, receiver="cyd", valid_from=None, valid_until=at_day(9)))
    lent = next(iter(world.authority.delegations))
    with pytest.raises(Refused, match="forbidden"):
        world.offices(EndDelegation(by="cyd", may_appoint=False, delegation_id=lent))
    world.at(at_day(1)).offices(EndDelegation(by="bob", may_appoint=False, delegation_id=lent))
    assert world.authority.acting("cyd", "bob", ["board_member"], at_day(1), []) is None
    assert world.authority.acting("cyd", "bob", ["board_member"], at_day(0), []) is not None
