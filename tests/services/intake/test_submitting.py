"""Submitting intakes over HTTP: one, a retry, a CloudEvent, and what is refused."""

import json
from typing import Any

import pytest

from shared.events.fact import Sealed
from shared.events.intake import IntakeSubmitted, SystemRegistered
from tests.services.intake.answers import HIGH, LOW
from tests.services.intake.world import World

SMALL = {"name": "Chat helper", "owner": "omar@example.org"}


async def test_a_name_and_an_owner_suffice_and_the_answer_says_what_is_required(intake: World) -> None:
    answer = await intake.post("/intakes", SMALL)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["version"], told["position"]) == (2, 0)
    assert told["tier"] == told["proposed_tier"] == "medium"
    assert not told["confirmed"]
    assert told["unknowns"]
    assert all(rule["reason"] for rule in told["fired"])
    assert {clock["clock"] for clock in told["clocks"]} >= {"triage", "review"}
    assert told["disciplines"]
    assert told["evidence"]
    assert told["clock_due_at"] == "2026-03-02T17:00:00.000000Z"


async def test_the_lowest_tier_is_confirmed_at_once(intake: World) -> None:
    told = await intake.submit(answers=LOW)
    assert (told["tier"], told["confirmed"], told["version"]) == ("low", True, 3)


async def test_an_intakes_id_is_the_id_of_its_submission(intake: World) -> None:
    told = await intake.submit()
    stored = await intake.store.by_id(told["id"])
    assert stored is not None
    assert isinstance(stored.fact, IntakeSubmitted)
    assert stored.fact.intake_id == stored.envelope.correlationid == told["id"]


async def test_a_retry_with_the_same_key_gets_the_same_receipt_and_does_nothing(intake: World) -> None:
    first = await intake.post("/intakes", SMALL, key="k1")
    second = await intake.post("/intakes", SMALL, key="k1")
    assert second.status_code == 201
    assert second.json() == first.json() | {"replayed": True}
    assert (await intake.store.head()).next_position == 3


async def test_the_same_key_for_something_else_is_refused(intake: World) -> None:
    await intake.post("/intakes", SMALL, key="k1")
    answer = await intake.post("/intakes", {**SMALL, "name": "Another"}, key="k1")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-reused")


async def test_one_key_of_two_people_are_two_keys(intake: World) -> None:
    first = await intake.post("/intakes", SMALL, who="rita", key="k1")
    second = await intake.post("/intakes", SMALL, who="tess", key="k1")
    assert first.json()["system_id"] != second.json()["system_id"]


async def test_facts_hold_opaque_ids_and_the_page_resolves_names(intake: World) -> None:
    told = await intake.submit()
    registered = (await intake.facts())[0]
    assert isinstance(registered, SystemRegistered)
    page = (await intake.get(f"/intakes/{told['id']}")).json()
    assert page["requester"] == {"id": registered.requester, "name": "Rita Requester", "email": "rita@example.org"}
    assert page["owner"]["email"] == "omar@example.org"
    assert b"omar" not in b"".join(stored.body for stored in await intake.store.after(-1, 10))


@pytest.mark.parametrize(
    "owner",
    ["omar", "omar@example.org", "OMAR@example.org", {"subject": "omar"}, {"email": "omar@example.org"}],
    ids=str,
)
async def test_a_person_is_one_person_by_whatever_name(intake: World, owner: Any) -> None:
    await intake.get("/form", who="omar")  # omar has been here
    by_subject = await intake.submit(owner="omar")
    again = await intake.submit(owner=owner)
    ids = {(await intake.get(f"/intakes/{told['id']}")).json()["owner"]["id"] for told in (by_subject, again)}
    assert len(ids) == 1


@pytest.mark.parametrize(
    "owner", [{}, "nobody @ nowhere", "b1f9f1ab-7b0e-4d0e-9d5c-4a3f4b5c6d7e", {"name": "Omar"}], ids=str
)
async def test_an_owner_that_names_nobody_is_refused_with_a_pointer(intake: World, owner: Any) -> None:
    answer = await intake.post("/intakes", {"name": "x", "owner": owner})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/owner"


async def test_personal_text_is_sealed_before_it_is_stored_and_readable_on_the_page(intake: World) -> None:
    told = await intake.submit(answers={"engineering_lead": "Lena Lead, room 12", "summary": "Helps to chat."})
    submitted = (await intake.facts())[1]
    assert isinstance(submitted.texts["engineering_lead"], Sealed)
    assert submitted.texts["summary"] == "Helps to chat."
    page = (await intake.get(f"/intakes/{told['id']}")).json()
    assert page["answers"]["engineering_lead"] == "Lena Lead, room 12"


async def test_an_answer_that_the_form_does_not_allow_is_named(intake: World) -> None:
    answer = await intake.post("/intakes", {**SMALL, "answers": {"sector": "wizardry", "colour": "red"}})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {"#/answers/sector", "#/answers/colour"}


@pytest.mark.parametrize("field", ["status", "approved_by", "tier", "system_id"])
async def test_fields_that_are_not_the_callers_to_set_are_refused(intake: World, field: str) -> None:
    answer = await intake.post("/intakes", {**SMALL, field: "low"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unknown-field")


async def test_a_region_that_the_policy_does_not_have_is_refused(intake: World) -> None:
    answer = await intake.post("/intakes", {**SMALL, "region": "atlantis"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/region")


async def test_who_may_not_submit_is_told_so_and_a_place_outside_ones_scope_is_not_there(intake: World) -> None:
    assert (await intake.post("/intakes", SMALL, who="audit")).status_code == 403
    outside = await intake.post("/intakes", {**SMALL, "business_unit": "Wholesale"}, who="retail")
    assert outside.status_code == 404
    inside = await intake.post("/intakes", {**SMALL, "business_unit": "Retail"}, who="retail")
    assert inside.status_code == 201


async def test_nobody_submits_without_a_token_or_without_a_key(intake: World) -> None:
    unsigned = await intake.client.post("/intake/v1/intakes", json=SMALL)
    assert (unsigned.status_code, unsigned.json()["type"]) == (401, "/problems/unauthenticated")
    headers = {"Authorization": f"Bearer {intake.token('rita')}"}
    keyless = await intake.client.post("/intake/v1/intakes", json=SMALL, headers=headers)
    assert (keyless.status_code, keyless.json()["type"]) == (400, "/problems/idempotency-missing")


async def test_an_external_key_is_one_system_whoever_tells_of_it(intake: World) -> None:
    first = await intake.submit(external_key="cmdb:17")
    second = await intake.post("/intakes", {**SMALL, "external_key": "cmdb:17"}, who="tess")
    assert (second.status_code, second.json()["type"]) == (409, "/problems/already-exists")
    assert first["system_id"] in second.json()["detail"]


EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/inventory",
    "type": "org.example.system.declared",
    "datacontenttype": "application/json",
    "data": {**SMALL, "answers": HIGH},
}


async def structured(intake: World, event: dict[str, Any]) -> Any:
    headers = {
        "Authorization": f"Bearer {intake.token('rita')}",
        "Content-Type": "application/cloudevents+json; charset=UTF-8",
    }
    return await intake.client.post("/intake/v1/intakes", content=json.dumps(event), headers=headers)


async def binary(intake: World, event: dict[str, Any]) -> Any:
    attributes = {f"ce-{name}": value for name, value in event.items() if name not in ("data", "datacontenttype")}
    headers = {
        "Authorization": f"Bearer {intake.token('rita')}",
        "Content-Type": "application/json",
        **attributes,
    }
    return await intake.client.post("/intake/v1/intakes", content=json.dumps(event["data"]), headers=headers)


async def test_both_modes_of_a_cloudevent_are_taken_and_source_and_id_are_the_key(intake: World) -> None:
    first = await structured(intake, EVENT)
    assert first.status_code == 201, first.text
    assert first.json()["tier"] == "high"
    same = await binary(intake, EVENT)
    assert same.status_code == 201, same.text
    assert same.json() == first.json() | {"replayed": True}
    other = await binary(intake, {**EVENT, "source": "/another"})
    assert other.json()["system_id"] != first.json()["system_id"]


@pytest.mark.parametrize("missing", ["id", "source", "type", "specversion"])
async def test_a_cloudevent_without_what_the_specification_demands_is_refused(intake: World, missing: str) -> None:
    event = {name: value for name, value in EVENT.items() if name != missing}
    answer = await structured(intake, event)
    assert answer.status_code == 422, answer.text
    assert (await intake.store.head()).next_position == 0


async def test_the_form_is_json_schema(intake: World) -> None:
    form = (await intake.get("/form")).json()
    assert form["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "unknown" in form["properties"]["phase"]["enum"]
