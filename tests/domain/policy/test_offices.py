"""Who holds an office at an instant."""

from datetime import UTC, datetime

from shared.policy.offices import Appointment, Delegation, acting, in_office, seats

MARCH, JUNE, SEPTEMBER = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 6, 9))
BOARD = ("board_member", "board_chair")


def appointed(
    name: str, person: str, role: str = "board_member", scope: str = "all", until: datetime | None = None
) -> Appointment:
    """An appointment from March on."""
    return Appointment(id=name, person=person, role=role, scope=scope, valid_from=MARCH, valid_until=until)


def test_an_office_is_held_from_its_first_instant_until_before_its_last() -> None:
    term = appointed("a", "ann", until=JUNE)
    assert in_office([term], BOARD, MARCH) == (term,)
    assert in_office([term], BOARD, JUNE) == ()


def test_a_scope_must_be_the_matters_own() -> None:
    term = appointed("a", "ann", scope="business_unit:retail")
    assert in_office([term], BOARD, JUNE) == ()
    assert in_office([term], BOARD, JUNE, ["business_unit:retail"]) == (term,)


def test_a_person_with_two_appointments_has_one_seat() -> None:
    chair, member, other = appointed("b", "ann", "board_chair"), appointed("a", "ann"), appointed("c", "bob")
    assert seats([chair, member, other], BOARD, JUNE) == (member, other)


def test_a_seat_reaches_as_far_as_its_scope() -> None:
    retail = appointed("a", "ann", scope="business_unit:retail")
    assert seats([retail], BOARD, JUNE) == ()
    assert seats([retail], BOARD, JUNE, ["business_unit:retail"]) == (retail,)


def test_the_recused_have_no_seat() -> None:
    assert seats([appointed("a", "ann"), appointed("b", "bob")], BOARD, JUNE, without=["ann"]) == (
        appointed("b", "bob"),
    )


def test_a_delegate_acts_for_the_holder_while_both_delegation_and_office_stand() -> None:
    office = appointed("a", "ann", until=SEPTEMBER)
    given = Delegation(
        id="d", appointment="a", receiver="bob", valid_from=JUNE, valid_until=datetime.max.replace(tzinfo=UTC)
    )
    assert acting([office], [given], "bob", BOARD, MARCH) is None
    found = acting([office], [given], "bob", BOARD, JUNE)
    assert found is not None
    assert (found.appointment.id, found.on_behalf_of) == ("a", "ann")
    assert acting([office], [given], "bob", BOARD, SEPTEMBER) is None


def test_ones_own_office_goes_before_a_delegated_one() -> None:
    own, hers = appointed("b", "bob"), appointed("a", "ann")
    given = Delegation(id="d", appointment="a", receiver="bob", valid_from=MARCH, valid_until=SEPTEMBER)
    found = acting([hers, own], [given], "bob", BOARD, JUNE)
    assert found is not None
    assert (found.appointment, found.on_behalf_of) == (own, None)


def test_a_delegation_is_not_handed_on_and_gives_no_other_office() -> None:
    office = appointed("a", "ann")
    first = Delegation(id="d", appointment="a", receiver="bob", valid_from=MARCH, valid_until=SEPTEMBER)
    second = Delegation(id="e", appointment="d", receiver="cy", valid_from=MARCH, valid_until=SEPTEMBER)
    assert acting([office], [first, second], "cy", BOARD, JUNE) is None
    assert acting([office], [first], "bob", ["executive"], JUNE) is None
