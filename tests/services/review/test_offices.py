"""Offices through HTTP."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.events.review import VoteCast
from tests.domain.review.motion import proposed
from tests.services.review.test_walk import code
from tests.services.review.world import MONDAY, World


async def before_board(review: World) -> str:
    review_id = await review.submitted("medium")
    for discipline in ("product", "security"):
        await review.sign_off(review_id, discipline)
    return review_id


async def test_offices_are_listed_with_their_ends(review: World) -> None:
    office = review.ids["member1"]
    await review.posted(f"/appointments/{office}/end", {"reason": "left the board"}, "helena")
    await review.settled()
    listed = {one["appointment_id"]: one for one in (await review.get("/appointments", "audit")).json()["items"]}
    assert (listed[office]["role"], listed[office]["ended_reason"]) == ("board_member", "left the board")
    assert listed[review.ids["chair"]]["valid_until"] is None


async def test_whoever_has_no_reading_role_finds_their_own_offices_alone(review: World) -> None:
    lend = {"appointment_id": review.ids["member1"], "receiver": "rita", "valid_until": "2026-12-31T00:00:00Z"}
    await review.posted("/delegations", lend, "member1")
    await review.settled()

    async def listed(path: str, who: str) -> set[str]:
        items = (await review.get(path, who)).json()["items"]
        return {one.get("person", one.get("receiver")) for one in items}

    rita = await review.person("rita")
    assert await listed("/appointments", "member1") == {await review.person("member1")}
    assert await listed("/appointments", "rita") == set()
    for who in ("member1", "rita"):
        assert await listed("/delegations", who) == {rita}
    assert await listed("/delegations", "member2") == set()
    for reader in ("audit", "admin", "helena"):
        assert len(await listed("/appointments", reader)) > 1
        assert await listed("/delegations", reader) == {rita}


async def test_only_those_who_may_give_offices(review: World) -> None:
    assert code(await review.post("/appointments", {"person": "omar", "role": "executive"}, "rita")) == "forbidden"
    own = await review.post("/appointments", {"person": "admin", "role": "executive"}, "admin")
    assert code(own) == "segregation-of-duties"


async def test_who_is_known_by_address_alone_is_given_no_office(review: World) -> None:
    named = await review.parts.people.addressed("nora@example.org")
    told = await review.post("/appointments", {"person": named, "role": "board_member"}, "helena")
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (422, "#/person")
    lent = {"appointment_id": review.ids["member1"], "receiver": named, "valid_until": "2026-12-31T00:00:00Z"}
    assert code(await review.post("/delegations", lent, "member1")) == "invalid-field"


async def test_a_member_who_left_does_not_vote_and_what_they_voted_before_stands(review: World) -> None:
    review_id = await before_board(review)
    for member in ("member1", "member2", "member3"):
        await review.vote(review_id, member)
    await review.posted(f"/appointments/{review.ids['member1']}/end", {"reason": "left"}, "admin")
    assert code(await review.vote(review_id, "member1", "reject")) == "segregation-of-duties"
    closed = await review.close_vote(review_id)
    assert closed.json()["outcome"] == "approved"
    assert (await review.page(review_id))["decision"]["votes_for"] == 3


async def test_a_delegate_finds_the_vote_in_their_queue_and_casts_it(review: World) -> None:
    review_id = await before_board(review)
    until = (MONDAY + timedelta(days=9)).isoformat()
    lend: dict[str, Any] = {"appointment_id": review.ids["member1"], "receiver": "piet", "valid_until": until}
    lent = await review.posted("/delegations", lend, "member1")
    waiting = await review.queue("piet")
    assert [(one["kind"], one["on_behalf_of"]) for one in waiting] == [("vote", await review.person("member1"))]
    assert (await review.vote(review_id, "piet", on_behalf_of="member1")).status_code == 201
    cast = (await review.facts(VoteCast))[0]
    assert (cast.by, cast.appointment_id) == (await review.person("piet"), review.ids["member1"])
    await review.posted(f"/delegations/{lent['id']}/end", None, "member1")
    assert code(await review.vote(review_id, "piet", on_behalf_of="member1")) == "segregation-of-duties"
    listed = (await review.get("/delegations", "audit")).json()["items"]
    assert len(listed) == 1


async def test_a_member_with_two_seats_finds_what_waits_in_either(review: World) -> None:
    for area in ("Cards", "Loans"):
        seat = {"person": "audit", "role": "board_member", "scope": f"product_area:{area}"}
        await review.posted("/appointments", seat, "admin")
    places = {"Cards": str(uuid4()), "Loans": str(uuid4()), "Deposits": str(uuid4())}
    for area, system_id in places.items():
        about = {"system_id": system_id, "product_area": area}
        review_id = await review.submitted("medium", **about)
        for discipline in ("product", "security"):
            await review.sign_off(review_id, discipline)
        proposal = proposed(
            system_id=system_id,
            override_id=str(uuid4()),
            product_area=area,
            people=(await review.person("omar"),),
            by=await review.person("helena"),
            policy_digest=review.parts.bundle.digest,
        )
        await review.told(proposal, f"system/{system_id}")
    waiting = [(one["kind"], one["system_id"]) for one in await review.queue("audit")]
    mine = {places["Cards"], places["Loans"]}
    assert sorted(waiting) == sorted((kind, one) for kind in ("vote", "override_vote") for one in mine)


@pytest.mark.parametrize("field", ["valid_from", "valid_until"])
async def test_an_instant_that_utc_has_no_name_for_holds_no_list_up(review: World, field: str) -> None:
    """Recorded, it was set aside by every projection, and with it all offices that were given afterwards."""
    office = {"person": "omar", "role": "executive"}
    refused = await review.post("/appointments", office | {field: "9999-12-31T23:59:59-14:00"}, "admin")
    assert (code(refused), refused.json()["errors"][0]["pointer"]) == ("invalid-field", f"#/{field}")
    given = await review.posted("/appointments", office, "admin")
    await review.settled()
    listed = (await review.get("/appointments", "audit")).json()["items"]
    assert given["id"] in [one["appointment_id"] for one in listed]


async def test_an_unknown_id_is_nobody(review: World) -> None:
    nobody = {"person": "77777777-7777-4777-8777-777777777777", "role": "executive"}
    answer = await review.post("/appointments", nobody, "admin")
    assert (code(answer), answer.json()["errors"][0]["pointer"]) == ("invalid-field", "#/person")
