"""Roles within scopes, and the files that give them."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, String, Table, create_engine, select
from structlog.testing import capture_logs

from shared.refusals import Refused
from shared.runtime.grants import GroupMapping, MappingError, grant_in
from shared.runtime.people_file import PeopleFile
from shared.runtime.principals import Grant, Place, Principal
from shared.runtime.reach import reached

RETAIL, LOANS = Place(business_unit="Retail"), Place(business_unit="Finance", product_area="Loans", system="s1")


def principal(*grants: Grant) -> Principal:
    return Principal(person="p", issuer="i", subject="s", grants=grants)


def test_a_grant_reaches_as_far_as_its_scope() -> None:
    one = principal(Grant("triager", "business_unit", "Retail"), Grant("requester"), Grant("auditor", "system", "s1"))
    assert one.may("triager", at=RETAIL)
    assert not one.may("triager", at=LOANS)
    assert not one.may("triager")
    assert one.may("requester", "triager", at=LOANS)
    assert one.may("auditor", at=LOANS)
    assert one.holds("auditor")
    assert not one.holds("board_member")


def test_a_reviewer_is_one_of_a_discipline() -> None:
    one = principal(Grant("reviewer:security"))
    assert one.may("reviewer:security", at=LOANS)
    assert not one.may("reviewer:privacy", at=LOANS)


def test_an_administrator_decides_nothing() -> None:
    one = principal(Grant("administrator"))
    for role in ("triager", "board_member", "reviewer:security", "executive"):
        with pytest.raises(Refused, match="forbidden"):
            one.require(role, at=LOANS)


def test_outside_of_ones_scope_is_not_there_and_inside_without_the_role_is_forbidden() -> None:
    one = principal(Grant("requester", "business_unit", "Retail"))
    with pytest.raises(Refused, match="not-found"):
        one.require("requester", at=LOANS)
    with pytest.raises(Refused, match="forbidden"):
        one.require("triager", at=RETAIL)
    with pytest.raises(Refused, match="forbidden"):
        one.require("requester")
    one.require("requester", at=RETAIL)


@pytest.mark.parametrize("role", ["", "root", "reviewer", "reviewer:", "Board_member"])
def test_a_role_nobody_knows_is_refused(role: str) -> None:
    with pytest.raises(ValueError, match="no role"):
        Grant(role)


NAMES = st.sampled_from(["A", "B"])
GRANTS = st.builds(Grant, st.just("requester")) | st.builds(
    Grant, st.just("requester"), st.sampled_from(["business_unit", "product_area", "system"]), NAMES
)
table = Table("t", MetaData(), *(Column(name, String) for name in ("system", "business_unit", "product_area")))


@given(st.lists(GRANTS, max_size=4), st.lists(st.tuples(*[NAMES | st.none()] * 3), max_size=6, unique=True))
def test_a_list_shows_exactly_what_may_be_seen_one_by_one(
    grants: list[Grant], places: list[tuple[str | None, str | None, str | None]]
) -> None:
    one = principal(*grants)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        for place in places:
            connection.execute(table.insert().values(place))
        clause = reached(
            one.reach(), system=table.c.system, business_unit=table.c.business_unit, product_area=table.c.product_area
        )
        listed = {tuple(row) for row in connection.execute(select(table).where(clause))}
    engine.dispose()
    assert listed == {place for place in places if one.sees(Place(*place))}


def test_groups_become_grants_by_a_file(tmp_path: Path) -> None:
    path = tmp_path / "groups.yaml"
    path.write_text(
        "groups:\n  9f0c:\n    - triager\n    - {role: 'reviewer:security', business_unit: Retail}\n  aud: [auditor]\n"
    )
    mapping = GroupMapping.from_file(path)
    assert mapping.grants_of("x", {"groups": ["9f0c", "nobody"], "roles": "aud"}) == (
        Grant("triager"),
        Grant("reviewer:security", "business_unit", "Retail"),
        Grant("auditor"),
    )
    assert mapping.grants_of("x", {"groups": 7, "roles": [7, None]}) == ()
    assert mapping.grants_of("9f0c", {}) == ()


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "groups: []",
        "groups: {a: triager}",
        "groups: {a: [root]}",
        "groups: {a: [{role: triager, team: x}]}",
        "groups: {a: [{role: triager, system: x, business_unit: y}]}",
        "groups: {a: [7]}",
        "groups: {a: [{role: triager, system: ''}]}",
        "groups: {a: [{role: triager, system: null}]}",
        "groups: {a: [{role: triager, system: true}]}",
        "groups: {a: [triager], b: [auditor], a: [requester]}",
        "groups: {a: [{role: triager, system: x, system: y}]}",
        "a: [",
        "\x00",
    ],
)
def test_a_mapping_with_a_mistake_stops_the_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "groups.yaml"
    path.write_text(text)
    with pytest.raises(MappingError, match=r"groups\.yaml"):
        GroupMapping.from_file(path)
    with pytest.raises(MappingError):
        GroupMapping.from_file(tmp_path / "missing.yaml")


def test_a_name_that_other_readers_of_yaml_take_for_a_truth_or_a_number_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "groups.yaml"
    path.write_text("groups: {no: [{role: triager, business_unit: no}], 0123: [{role: auditor, system: 1:30}]}")
    mapping = GroupMapping.from_file(path)
    assert mapping.grants_of("x", {"groups": ["no"]}) == (Grant("triager", "business_unit", "no"),)
    assert mapping.grants_of("x", {"groups": ["0123"]}) == (Grant("auditor", "system", "1:30"),)


def test_a_grant_in_one_word() -> None:
    assert grant_in("requester") == Grant("requester")
    assert grant_in("auditor@business_unit=Retail & more") == Grant("auditor", "business_unit", "Retail & more")
    for wrong in ("", "root", "requester@", "requester@team=x", "requester@system="):
        with pytest.raises(MappingError):
            grant_in(wrong)


def test_a_change_of_the_people_file_counts_at_once(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    people = PeopleFile(path)
    path.write_text("people: [{subject: ada, name: Ada, grants: [auditor]}]")
    os.utime(path, ns=(1, 1))
    assert people.grants_of("ada", {}) == (Grant("auditor"),)
    assert people.grants_of("operator", {"groups": ["administrator"]}) == ()
    path.write_text("people: []")
    assert people.grants_of("ada", {}) == ()


def test_a_reviewer_of_what_the_policy_does_not_know_is_refused_wherever_it_is_granted(tmp_path: Path) -> None:
    path, known = tmp_path / "grants.yaml", {"security": "Security"}
    path.write_text("groups: {g: ['reviewer:securty']}")
    with pytest.raises(MappingError, match="g: the policy has no discipline for 'reviewer:securty'"):
        GroupMapping.from_file(path, known)
    path.write_text("people: [{subject: ada, grants: ['reviewer:security']}]")
    people = PeopleFile(path, known)
    path.write_text("people: [{subject: ada, grants: ['reviewer:securty']}]")
    assert people.grants_of("ada", {}) == (Grant("reviewer:security"),)
    with pytest.raises(MappingError, match="securty"):
        PeopleFile(path, known)


@pytest.mark.parametrize(
    "broken", [b"people: [", b"people: 7", b"people: [{subject: ada, grants: [root]}]", b"\xff", b"", None], ids=repr
)
def test_while_the_people_file_can_not_be_used_what_it_said_last_counts_and_it_is_told_once(
    tmp_path: Path, broken: bytes | None
) -> None:
    path = tmp_path / "people.yaml"
    path.write_text("people: [{subject: ada, name: Ada, grants: [auditor]}]")
    people = PeopleFile(path)
    if broken is None:
        path.unlink()
    else:
        path.write_bytes(broken)
    with capture_logs() as told:
        for _ in range(3):
            assert people.grants_of("ada", {}) == (Grant("auditor"),)
    assert [(line["log_level"], str(path) in line["reason"]) for line in told] == [("error", True)]
    path.write_text("people: []")
    assert people.grants_of("ada", {}) == ()


@pytest.mark.parametrize(
    "text", ["people: {}", "people: [x]", "people: [{name: x, grants: []}]", "people: [{subject: a, admin: true}]"]
)
def test_a_people_file_with_a_mistake_says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(text)
    with pytest.raises(MappingError):
        PeopleFile(path)


@pytest.mark.parametrize("said", ["true", "false", 1, None, [True], False], ids=repr)
def test_only_the_providers_plain_word_makes_an_address_somebodys(said: object) -> None:
    claims = {"name": "Ada", "email": "ada@example.org"}
    assert GroupMapping({}).named("1", {**claims, "email_verified": True}).vouched
    assert not GroupMapping({}).named("1", {**claims, "email_verified": said}).vouched
    assert not GroupMapping({}).named("1", claims).vouched
