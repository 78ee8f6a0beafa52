"""Joining two cards of one person, through HTTP: the attack and the remedy."""

from shared.events.intake import ConfirmationRefused, PeopleJoined, TierConfirmed
from tests.services.intake.answers import HIGH
from tests.services.intake.world import World


async def owner_of(intake: World, intake_id: str) -> str:
    return str((await intake.get(f"/intakes/{intake_id}", who="tess")).json()["owner"]["id"])


async def me(intake: World, who: str) -> str:
    """The id under which somebody signs in, found by what they send in themselves."""
    told = await intake.submit(who=who, owner={"subject": who})
    return await owner_of(intake, told["id"])


async def test_only_an_administrator_joins_and_it_is_recorded_once(intake: World) -> None:
    told = await intake.submit(owner="tess.triager@old.example.org")
    old, tess = await owner_of(intake, told["id"]), await me(intake, "tess")
    body = {"other": old, "reason": "the address before the merger"}
    for who in ("tess", "rita", "piet"):
        assert (await intake.post(f"/people/{tess}/joinings", body, who=who)).status_code == 403
    for _ in range(2):
        joined = await intake.post(f"/people/{tess}/joinings", body, who="olga")
        assert joined.status_code == 201, joined.text
    again = await intake.post(f"/people/{old}/joinings", {**body, "other": tess}, who="olga")
    assert again.status_code == 201, again.text
    facts = [fact for fact in await intake.facts() if isinstance(fact, PeopleJoined)]
    assert [(fact.person, fact.other) for fact in facts] == [(tess, old)]


async def test_who_was_named_by_another_address_does_not_confirm_the_tier_once_joined(intake: World) -> None:
    told = await intake.submit(owner="tess.triager@old.example.org", answers=HIGH)
    other = await intake.submit(answers=HIGH)
    old, tess = await owner_of(intake, told["id"]), await me(intake, "tess")
    await intake.post(f"/people/{tess}/joinings", {"other": old, "reason": "one person"}, who="olga")
    refused = await intake.post(f"/intakes/{told['id']}/confirm", {"reason": "fine"}, who="tess")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/segregation-of-duties")
    assert (await intake.post(f"/intakes/{other['id']}/confirm", {"reason": "fine"}, who="tess")).status_code == 200
    facts = await intake.facts()
    assert [fact.intake_id for fact in facts if isinstance(fact, ConfirmationRefused)] == [told["id"]]
    assert [fact.intake_id for fact in facts if isinstance(fact, TierConfirmed)] == [other["id"]]


async def test_ids_that_nobody_has_and_one_alone_are_not_joined(intake: World) -> None:
    tess = await me(intake, "tess")
    unknown = {"other": "d2e8b0a5-0000-4000-8000-000000000000", "reason": "?"}
    assert (await intake.post(f"/people/{tess}/joinings", unknown, who="olga")).status_code == 404
    alone = await intake.post(f"/people/{tess}/joinings", {"other": tess, "reason": "?"}, who="olga")
    assert (alone.status_code, alone.json()["errors"][0]["pointer"]) == (422, "#/other")
