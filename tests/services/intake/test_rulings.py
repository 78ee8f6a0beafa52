"""Amending, confirming, asking, launching over HTTP."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from shared.events.intake import ConfirmationRefused, LaunchEscalated, PersonForgotten, TierConfirmed
from shared.runtime.cursors import page_of
from shared.runtime.minting import LOCAL_ISSUER
from tests.services.intake.answers import HIGH, LOW
from tests.services.intake.world import World


async def etag_of(intake: World, intake_id: str) -> str:
    return (await intake.get(f"/intakes/{intake_id}")).headers["ETag"]


async def patch(intake: World, intake_id: str, body: dict[str, Any], match: str, who: str = "rita") -> Any:
    headers = intake.as_(who, **{"If-Match": match})
    return await intake.client.patch(f"/intake/v1/intakes/{intake_id}", json=body, headers=headers)


async def test_an_amendment_names_the_version_it_was_made_on(intake: World) -> None:
    told = await intake.submit(answers=HIGH)
    tag = await etag_of(intake, told["id"])
    amended = await patch(intake, told["id"], {"answers": {"scale": "many"}}, tag)
    assert amended.status_code == 200, amended.text
    assert amended.json()["revision"] == 2
    assert amended.headers["ETag"] == await etag_of(intake, told["id"])
    stale = await patch(intake, told["id"], {"answers": {"scale": "few"}}, tag)
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/version-conflict")
    headers = intake.as_("rita")
    bare = await intake.client.patch(f"/intake/v1/intakes/{told['id']}", json={}, headers=headers)
    assert (bare.status_code, bare.json()["type"]) == (428, "/problems/precondition-required")


async def test_an_amendment_changes_what_it_names_and_unknown_takes_an_answer_back(intake: World) -> None:
    told = await intake.submit(answers={**LOW, "engineering_lead": "Lena Lead"})
    body = {"name": "Better helper", "answers": {"summary": "Says more."}}
    amended = await patch(intake, told["id"], body, await etag_of(intake, told["id"]))
    assert amended.json()["outcome"] == "amended", amended.text
    page = (await intake.get(f"/intakes/{told['id']}")).json()
    assert page["name"] == "Better helper"
    assert page["answers"]["engineering_lead"] == "Lena Lead"
    assert page["answers"]["summary"] == "Says more."
    waiting = await intake.submit(answers={**HIGH, "scale": "many"})
    await patch(intake, waiting["id"], {"answers": {"scale": "unknown"}}, await etag_of(intake, waiting["id"]))
    assert "scale" not in (await intake.get(f"/intakes/{waiting['id']}")).json()["answers"]


async def test_a_sealed_text_told_again_is_no_change(intake: World) -> None:
    told = await intake.submit(answers={"engineering_lead": "Lena Lead"})
    same = {"answers": {"engineering_lead": "Lena Lead"}}
    answer = await patch(intake, told["id"], same, await etag_of(intake, told["id"]))
    assert answer.json()["outcome"] == "unchanged"
    assert len(await intake.facts()) == 3


async def test_a_triager_confirms_and_a_requester_does_not(intake: World) -> None:
    told = await intake.submit(answers=HIGH)
    ruling = {"tier": "high", "reason": "as discussed", "revision": 1}
    assert (await intake.post(f"/intakes/{told['id']}/confirm", ruling)).status_code == 403
    confirmed = await intake.post(f"/intakes/{told['id']}/confirm", ruling, who="tess")
    assert confirmed.status_code == 200, confirmed.text
    assert confirmed.json()["confirmed"]
    fact = (await intake.facts())[-1]
    assert isinstance(fact, TierConfirmed)
    assert fact.by is not None


async def test_a_triager_does_not_confirm_their_own_request_and_the_attempt_is_on_record(intake: World) -> None:
    told = await intake.submit(who="tess", answers=HIGH)
    for _ in range(2):  # the retry meets the key, and is refused again
        refused = await intake.post(f"/intakes/{told['id']}/confirm", {"reason": "mine"}, who="tess", key="own")
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/segregation-of-duties")
    attempts = [fact for fact in await intake.facts() if isinstance(fact, ConfirmationRefused)]
    assert len(attempts) == 1


async def test_an_administrator_confirms_no_tier_whatever_else_they_are(intake: World) -> None:
    told = await intake.submit(answers=HIGH)
    refused = await intake.post(f"/intakes/{told['id']}/confirm", {"reason": "clear"}, who="both")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/segregation-of-duties")
    several = {"reason": "clear", "items": [{"intake_id": told["id"]}]}
    assert [one["status"] for one in (await intake.post("/triage:confirm", several, who="both")).json()["items"]] == [
        403
    ]
    attempts = [fact.reason for fact in await intake.facts() if isinstance(fact, ConfirmationRefused)]
    assert attempts == ["administrators run the installation and decide nothing"] * 2


async def test_a_triager_does_not_confirm_what_they_sent_in_or_handed_on_or_changed(intake: World) -> None:
    sent = await intake.submit("tess", requester="rita@example.org", answers=HIGH)
    own = await intake.submit(owner="tess@example.org", answers=HIGH)
    handed_on = await patch(intake, own["id"], {"owner": "omar@example.org"}, await etag_of(intake, own["id"]), "tess")
    assert handed_on.status_code == 200, handed_on.text
    settled = await intake.submit(answers=HIGH)
    assert (await intake.post(f"/intakes/{settled['id']}/confirm", {"reason": "clear"}, "piet")).status_code == 200
    body = {"summary": "It now decides.", "answers": {"scale": "many"}}
    changed = await intake.post(f"/systems/{settled['system_id']}/changes", body, "tess")
    assert changed.status_code == 201, changed.text
    for intake_id in (sent["id"], own["id"], changed.json()["id"]):
        refused = await intake.post(f"/intakes/{intake_id}/confirm", {"reason": "looks fine"}, "tess")
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/segregation-of-duties")
    attempts = [fact.intake_id for fact in await intake.facts() if isinstance(fact, ConfirmationRefused)]
    assert attempts == [sent["id"], own["id"], changed.json()["id"]]


async def test_lowering_the_tier_names_the_board(intake: World) -> None:
    told = await intake.submit(answers=HIGH)
    refused = await intake.post(f"/intakes/{told['id']}/confirm", {"tier": "low", "reason": "?"}, who="tess")
    assert refused.status_code == 403
    assert "board" in refused.json()["detail"]


async def test_several_are_confirmed_for_one_reason_and_each_is_ruled_on_by_itself(intake: World) -> None:
    told = [await intake.submit(answers=HIGH) for _ in range(3)]
    own = await intake.submit(who="tess", answers=HIGH)
    items = [{"intake_id": one["id"]} for one in (*told, own)] + [{"intake_id": "d2e8b0a5-0000-4000-8000-000000000000"}]
    body = {"reason": "weekly meeting", "items": items}
    answer = await intake.post("/triage:confirm", body, who="tess", key="bulk")
    assert [item["status"] for item in answer.json()["items"]] == [200, 200, 200, 403, 404]
    again = await intake.post("/triage:confirm", body, who="tess", key="bulk")
    assert [item["status"] for item in again.json()["items"]] == [200, 200, 200, 403, 404]
    assert len([fact for fact in await intake.facts() if isinstance(fact, TierConfirmed)]) == 3


async def test_a_change_lets_nobody_confirm_below_the_tier_that_stood(intake: World) -> None:
    told = await intake.submit()
    raised = await intake.post(f"/intakes/{told['id']}/confirm", {"tier": "high", "reason": "exposed"}, "tess")
    assert raised.json()["tier"] == "high"
    body = {"summary": "much smaller", "answers": LOW}
    changed = (await intake.post(f"/systems/{told['system_id']}/changes", body)).json()
    assert changed["stage"] == "waiting", "nor does the policy confirm it by itself"
    refused = await intake.post(f"/intakes/{changed['id']}/confirm", {"reason": "as proposed"}, "piet")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert "high" in refused.json()["detail"]
    for tier, status in ((None, 403), ("medium", 403), ("high", 200)):
        item = {"intake_id": changed["id"]} | ({"tier": tier} if tier else {})
        several = await intake.post("/triage:confirm", {"reason": "weekly", "items": [item]}, "piet")
        assert [one["status"] for one in several.json()["items"]] == [status]


async def test_the_queue_is_ordered_by_risk_and_tells_what_is_due(intake: World) -> None:
    medium = await intake.submit(name="Medium")
    high = await intake.submit(name="High", answers=HIGH)
    await intake.submit(name="Low", answers=LOW)
    await intake.settled()
    queue = (await intake.get("/triage", who="tess")).json()["items"]
    assert [item["intake_id"] for item in queue] == [high["id"], medium["id"]]
    assert queue[0]["due_at"] == "2026-03-02T17:00:00.000000Z"
    assert queue[0]["reasons"]
    await intake.post(f"/intakes/{high['id']}/confirm", {"reason": "yes"}, who="tess")
    await intake.settled()
    assert len((await intake.get("/triage", who="tess")).json()["items"]) == 1


async def test_an_intake_goes_back_for_answers_and_returns(intake: World) -> None:
    told = await intake.submit()
    body = {"attributes": ["scale", "autonomy"], "reason": "how many, and who decides?"}
    asked = await intake.post(f"/intakes/{told['id']}/request-answers", body, who="tess")
    assert asked.status_code == 200, asked.text
    assert asked.json()["answers_wanted"] == ["scale", "autonomy"]
    await intake.settled()
    assert (await intake.get("/triage", who="tess")).json()["items"][0]["holder"] == "submitter"
    answered = {"answers": {"scale": "few", "autonomy": "assists"}}
    amended = await patch(intake, told["id"], answered, await etag_of(intake, told["id"]))
    assert amended.json()["stage"] == "waiting"
    wrong = await intake.post(
        f"/intakes/{told['id']}/request-answers", {"attributes": ["colour"], "reason": "?"}, who="tess"
    )
    assert wrong.status_code == 422


async def test_a_submitter_who_stands_by_the_answer_hands_the_ball_back(intake: World) -> None:
    told = await intake.submit(answers=HIGH)
    body = {"attributes": ["scale"], "reason": "really so few?"}
    await intake.post(f"/intakes/{told['id']}/request-answers", body, who="tess")
    kept = await patch(intake, told["id"], {"answers": {"autonomy": "assists"}}, await etag_of(intake, told["id"]))
    assert kept.json()["stage"] == "asked"
    stood_by = {"answers": {"scale": HIGH["scale"]}}
    given = await patch(intake, told["id"], stood_by, await etag_of(intake, told["id"]))
    assert given.json()["stage"] == "waiting"


async def test_a_material_change_opens_the_next_round(intake: World) -> None:
    told = await intake.submit(answers=LOW)
    body = {
        "summary": "It now speaks to the public.",
        "answers": {"exposure": "public", "impact_rights": "significant"},
    }
    changed = await intake.post(f"/systems/{told['system_id']}/changes", body)
    assert changed.status_code == 201, changed.text
    assert (changed.json()["round"], changed.json()["tier"]) == (2, "high")
    assert changed.json()["id"] != told["id"]
    page = (await intake.get(f"/intakes/{changed.json()['id']}")).json()
    assert page["answers"]["everyday_use"] == "writing"


async def test_a_launch_is_always_taken(intake: World) -> None:
    told = await intake.submit(answers=HIGH)
    answer = await intake.post(f"/systems/{told['system_id']}/launches", {"version": "1.0"})
    assert answer.status_code == 201, answer.text
    assert isinstance((await intake.facts())[-1], LaunchEscalated)
    ahead = {"version": "2", "launched_at": "2030-01-01T00:00:00Z"}
    future = await intake.post(f"/systems/{told['system_id']}/launches", ahead)
    assert (future.status_code, future.json()["type"]) == (422, "/problems/invalid-time")


async def test_a_duplicate_is_merged_and_its_launches_count_for_the_one_that_lives_on(intake: World) -> None:
    keep, gone = await intake.submit(name="Keep"), await intake.submit(name="Gone")
    body = {"into": keep["system_id"], "reason": "the same thing"}
    assert (await intake.post(f"/systems/{gone['system_id']}/merge", body)).status_code == 403
    merged = await intake.post(f"/systems/{gone['system_id']}/merge", body, who="piet")
    assert merged.json()["stage"] == "merged", merged.text
    launched = await intake.post(f"/systems/{gone['system_id']}/launches", {"version": "1"})
    assert launched.json()["system_id"] == keep["system_id"]
    nowhere = {"into": "d2e8b0a5-0000-4000-8000-000000000000", "reason": "?"}
    assert (await intake.post(f"/systems/{keep['system_id']}/merge", nowhere, who="piet")).status_code == 422


@pytest.mark.parametrize("ending", ["retired", "withdrawn", "merged"])
async def test_a_duplicate_is_not_merged_into_what_is_over(intake: World, ending: str) -> None:
    gone, over, keep = [await intake.submit(name=name) for name in ("Gone", "Over", "Keep")]
    path, reason = f"/systems/{over['system_id']}", {"reason": "it is over"}
    if ending == "withdrawn":
        path = f"/intakes/{over['id']}"
    step = {"retired": "retirement", "withdrawn": "withdraw", "merged": "merge"}[ending]
    body = reason | ({"into": keep["system_id"]} if ending == "merged" else {})
    assert (await intake.post(f"{path}/{step}", body, who="piet")).status_code in (200, 201)
    into = {"into": over["system_id"], "reason": "the same thing"}
    refused = await intake.post(f"/systems/{gone['system_id']}/merge", into, who="piet")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-field")
    assert refused.json()["errors"][0]["pointer"] == "#/into"


async def test_a_live_system_is_not_hidden_in_one_that_is_not_live(intake: World) -> None:
    live, other = await intake.submit(name="Live", answers=HIGH), await intake.submit(name="Other")
    await intake.post(f"/systems/{live['system_id']}/launches", {"version": "1"})
    path, body = f"/systems/{live['system_id']}/merge", {"into": other["system_id"], "reason": "the same"}
    refused = await intake.post(path, body, who="piet")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-state")
    assert "live" in refused.json()["detail"]
    await intake.post(f"/systems/{other['system_id']}/launches", {"version": "1"})
    merged = await intake.post(path, body, who="piet")
    assert merged.json()["stage"] == "merged", merged.text


async def test_a_retired_system_is_out_of_use(intake: World) -> None:
    told = await intake.submit(answers=LOW)
    retired = await intake.post(f"/systems/{told['system_id']}/retirement", {"reason": "replaced"})
    assert retired.json()["stage"] == "retired", retired.text
    await intake.settled()
    (row,) = (await intake.get("/systems")).json()["items"]
    assert (row["stage"], row["live"], row["tier"]) == ("retired", False, "low")


async def test_a_withdrawn_intake_waits_no_more(intake: World) -> None:
    told = await intake.submit()
    answer = await intake.post(f"/intakes/{told['id']}/withdraw", {"reason": "not built"})
    assert answer.json()["stage"] == "withdrawn", answer.text
    await intake.settled()
    assert (await intake.get("/triage", who="tess")).json()["items"] == []


async def test_the_portfolio_is_paged_and_shows_only_ones_scope(intake: World) -> None:
    for name, unit in (("Bb", "Retail"), ("aa", "Retail"), ("cc", "Wholesale"), ("Äb", "Retail")):
        await intake.submit(name=name, business_unit=unit)
    await intake.settled()
    first = (await intake.get("/systems?limit=2")).json()
    rest = (await intake.get(f"/systems?limit=2&cursor={first['next']}")).json()
    assert [row["name"] for row in (*first["items"], *rest["items"])] == ["aa", "Bb", "cc", "Äb"]
    assert rest["next"] is None
    assert [row["name"] for row in (await intake.get("/systems", who="retail")).json()["items"]] == ["aa", "Bb", "Äb"]
    assert (await intake.get("/systems?tier=low")).json()["items"] == []


async def test_what_lies_outside_ones_scope_is_not_there(intake: World) -> None:
    told = await intake.submit(business_unit="Wholesale")
    for path in (f"/intakes/{told['id']}", f"/systems/{told['system_id']}", "/systems/no-such", "/intakes/no-such"):
        answer = await intake.get(path, who="retail")
        assert answer.status_code == 404, path
        assert answer.json()["detail"] == "there is nothing here by that name"
    withdrawn = await intake.post(f"/intakes/{told['id']}/withdraw", {"reason": "?"}, who="retail")
    assert withdrawn.status_code == 404


async def test_a_discovery_stays_open_until_its_system_registers(intake: World) -> None:
    body = {"name": "Shadow bot", "found_by": "scanner", "found_in": "account 12"}
    found = (await intake.post("/discoveries", body)).json()
    await intake.settled()
    assert [row["discovery_id"] for row in (await intake.get("/discoveries")).json()["items"]] == [found["id"]]
    await intake.submit(discovery_id=found["id"])
    await intake.settled()
    assert (await intake.get("/discoveries")).json()["items"] == []


async def test_a_registration_closes_no_discovery_of_another_portfolio(intake: World) -> None:
    """It would raise the other's coverage, and hide what was found from those who can see it."""
    body = {"name": "Shadow bot", "found_by": "scanner", "found_in": "account 12"}
    places = [{"business_unit": "Wholesale"}, {}, {"business_unit": "Retail"}]
    found = [(await intake.post("/discoveries", body | place)).json()["id"] for place in places]
    mine = {"name": "Decoy", "owner": "omar@example.org", "business_unit": "Retail"}
    answers = [
        await intake.post("/intakes", mine | {"discovery_id": one}, who="retail") for one in (*found[:2], str(uuid4()))
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert len({answer.text.replace(answer.json()["instance"], "") for answer in answers}) == 1
    assert (await intake.post("/intakes", mine | {"discovery_id": found[2]}, who="retail")).status_code == 201
    await intake.settled()
    assert {row["discovery_id"] for row in (await intake.get("/discoveries")).json()["items"]} == set(found[:2])


async def test_a_discovery_turns_out_to_be_a_system_that_lives_here_or_none(intake: World) -> None:
    body = {"name": "Shadow bot", "found_by": "scanner", "found_in": "account 12"}
    path = f"/discoveries/{(await intake.post('/discoveries', body)).json()['id']}/outcome"
    lives, ended = await intake.submit(), await intake.submit()
    merging = {"into": lives["system_id"], "reason": "the same"}
    assert (await intake.post(f"/systems/{ended['system_id']}/merge", merging, "tess")).status_code == 200
    for system_id in (ended["system_id"], "00000000-0000-5000-8000-000000000000"):
        refused = await intake.post(path, {"system_id": system_id, "reason": "it is that one"}, "tess")
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-field")
        assert refused.json()["errors"][0]["pointer"] == "#/system_id"
    settled = await intake.post(path, {"system_id": lives["system_id"], "reason": "it is that one"}, "tess")
    assert settled.status_code == 200, settled.text
    await intake.settled()
    assert (await intake.get("/discoveries")).json()["items"] == []


async def test_nobody_moves_a_system_to_where_they_have_no_say(intake: World) -> None:
    told = await intake.submit("retail", business_unit="Retail")
    tag = await etag_of(intake, told["id"])
    moved = await patch(intake, told["id"], {"business_unit": "Wholesale"}, tag, "retail")
    assert moved.status_code == 404, moved.text
    confirmed = await intake.post(f"/intakes/{told['id']}/confirm", {"reason": "clear"}, "tess")
    assert confirmed.status_code == 200, confirmed.text
    change = {"summary": "It moved.", "business_unit": "Wholesale", "answers": {"scale": "many"}}
    assert (await intake.post(f"/systems/{told['system_id']}/changes", change, "retail")).status_code == 404
    renamed = await patch(intake, told["id"], {"name": "Better"}, await etag_of(intake, told["id"]), "retail")
    assert renamed.status_code == 200, renamed.text
    assert (await intake.get(f"/intakes/{told['id']}")).json()["business_unit"] == "Retail"


async def test_a_key_that_is_taken_names_its_system_only_to_those_who_have_a_say_in_it(intake: World) -> None:
    told = await intake.submit(external_key="cmdb:1", business_unit="Wholesale")
    body = {"name": "Mine", "owner": "omar", "external_key": "cmdb:1", "business_unit": "Retail"}
    foreign, own = [await intake.post("/intakes", body, who) for who in ("retail", "rita")]
    assert [answer.status_code for answer in (foreign, own)] == [409, 409]
    assert told["system_id"] not in foreign.text
    assert told["system_id"] in own.json()["detail"]


async def test_a_training_completion_is_taken_once(intake: World) -> None:
    body = {"person": "rita@example.org", "course": "rai-101", "completed_at": "2026-02-27T10:00:00Z"}
    assert (await intake.post("/training/completions", body)).status_code == 403
    first = await intake.post("/training/completions", body, who="piet")
    assert first.status_code == 201, first.text
    again = await intake.post("/training/completions", body, who="piet")
    assert again.json()["outcome"] == "unchanged"


@pytest.mark.parametrize("forgotten", ["rita", "tess"])
async def test_each_text_goes_with_the_person_who_wrote_it_whoever_amended_or_changed_the_rest(
    intake: World, forgotten: str
) -> None:
    texts = {"rita": {"engineering_lead": "Lena Lead"}, "tess": {"who_can_stop_it": "The duty officer"}}
    told = await intake.submit(answers={**LOW, **texts["rita"]})
    amended = await patch(intake, told["id"], {"answers": texts["tess"]}, await etag_of(intake, told["id"]), "tess")
    assert amended.status_code == 200, amended.text
    change = {"summary": "It grew.", "answers": {"scale": "many"}}
    changed = (await intake.post(f"/systems/{told['system_id']}/changes", change, "piet")).json()
    people = {one: await intake.parts.people.person_of(LOCAL_ISSUER, one) for one in texts}
    assert (await intake.post(f"/people/{people[forgotten]}/forget", None, who="olga")).status_code == 200
    answers = (await intake.get(f"/intakes/{changed['id']}", who="piet")).json()["answers"]
    left = {name: answers[name] for one in texts for name in texts[one] if name in answers}
    (other,) = texts.keys() - {forgotten}
    assert left == texts[other]


async def test_a_forgotten_person_takes_their_words_along_and_the_log_stays_as_it_was(intake: World) -> None:
    told = await intake.submit(answers={"engineering_lead": "Lena Lead"})
    before = [stored.body for stored in await intake.store.after(-1, 100)]
    rita = (await intake.get(f"/intakes/{told['id']}")).json()["requester"]["id"]
    assert (await intake.post(f"/people/{rita}/forget", None, who="tess")).status_code == 403
    assert (await intake.post(f"/people/{rita}/forget", None, who="olga")).status_code == 200
    assert (await intake.post(f"/people/{rita}/forget", None, who="olga")).status_code == 200
    page = (await intake.get(f"/intakes/{told['id']}", who="tess")).json()
    assert page["requester"] == {"id": rita, "name": None, "email": None}
    assert "engineering_lead" not in page["answers"]
    after = [stored.body for stored in await intake.store.after(-1, 100)]
    assert after[: len(before)] == before
    assert [fact for fact in await intake.facts() if isinstance(fact, PersonForgotten)] == [
        PersonForgotten(person=rita, by=(await intake.facts())[-1].by)
    ]
    unknown = "d2e8b0a5-0000-4000-8000-000000000000"
    assert (await intake.post(f"/people/{unknown}/forget", None, who="olga")).status_code == 404


@pytest.mark.parametrize(
    "last", [["x"], ["a", "b", "c", "d"], [999, "2026", -3, "a\0b"], [1, 2, 3, 4], [1, "x", 2**31, "y"]], ids=str
)
async def test_a_forged_cursor_is_refused(intake: World, last: list[str | int]) -> None:
    cursor = page_of("/intake/v1/triage", "", None, None).next(last)
    answer = await intake.get(f"/triage?cursor={cursor}")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-query")


async def test_a_filter_that_no_text_is_is_refused(intake: World) -> None:
    answer = await intake.get("/systems?external_key=%00")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-query")


async def test_two_systems_merged_into_each_other_at_once_do_not_both_end(intake: World) -> None:
    one, other = await intake.submit(name="One"), await intake.submit(name="Other")
    pairs = [(one, other), (other, one)]
    answers = await asyncio.gather(
        *(
            intake.post(
                f"/systems/{gone['system_id']}/merge", {"into": kept["system_id"], "reason": "same"}, who="piet"
            )
            for gone, kept in pairs
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]
