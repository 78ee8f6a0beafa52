"""Webhooks: what Jira and ServiceNow deliver becomes intakes; what is not theirs, late, or odd does no harm."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from services.commands.endpoint import EXAMPLE, commands
from services.intake.adapters.field_mapping import Mapped, mapped
from services.intake.consumer.deliveries import AGE, Leftovers
from services.intake.handlers import hooks
from services.intake.tables import kept_body
from shared.events.intake import (
    IntakeAmended,
    IntakeSubmitted,
    IntakeWithdrawn,
    MaterialChangeDeclared,
    SystemRegistered,
    TierConfirmed,
)
from tests.services.intake.webhooks import JIRA_MAPPING, SECRET, deliver, endpoint, issue, record
from tests.services.intake.world import World

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
EARLIER, NOW, LATER = 1_771_000_000_000, 1_772_000_000_000, 1_773_000_000_000


async def kinds(world: World) -> list[type]:
    return [type(fact) for fact in await world.facts()]


async def page(world: World, told: dict[str, Any]) -> dict[str, Any]:
    return (await world.get(f"/intakes/{told['intake_id']}", who="tess")).json()


async def test_a_created_issue_is_submitted(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    answer = await deliver(intake, jira, issue())
    assert answer.status_code == 200, answer.text
    assert answer.json()["outcome"] == "registered"
    told = await page(intake, answer.json())
    assert told["name"] == "Claims triage"
    assert told["answers"] == {"sector": "finance", "technique": ["predictive"], "summary": "Sorts claims by urgency."}
    assert (told["owner"]["email"], told["requester"]["email"]) == ("omar@example.org", "rita@example.org")
    assert told["business_unit"] == "Retail"
    submitted = (await intake.facts())[1]
    assert isinstance(submitted, IntakeSubmitted)
    assert submitted.origin == f"jira:{jira['id']}"
    assert submitted.source_ref is not None
    assert submitted.source_ref.startswith("AI-41 sha256:")


async def test_an_updated_issue_is_amended_and_one_that_says_nothing_new_changes_nothing(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    first = (await deliver(intake, jira, issue())).json()
    moved = issue("updated", LATER, status={"id": "3", "name": "In Progress"})
    assert (await deliver(intake, jira, moved)).json()["outcome"] == "unchanged"
    other = issue("updated", LATER + 1, customfield_10070={"value": "Clinics", "id": "10211"})
    amended = (await deliver(intake, jira, other)).json()
    assert (amended["outcome"], amended["system_id"]) == ("amended", first["system_id"])
    assert (await page(intake, amended))["answers"]["sector"] == "health"


async def test_a_deleted_issue_is_withdrawn(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    await deliver(intake, jira, issue())
    assert (await deliver(intake, jira, issue("deleted", LATER))).json()["outcome"] == "withdrawn"
    assert (await kinds(intake))[-1] is IntakeWithdrawn


async def test_an_update_whose_creation_was_lost_is_submitted(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    assert (await deliver(intake, jira, issue("updated"))).json()["outcome"] == "registered"
    assert (await deliver(intake, jira, issue("created", EARLIER))).json()["outcome"] == "unchanged"


async def test_a_delivery_older_than_what_is_known_changes_nothing(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    await deliver(intake, jira, issue(at=NOW))
    await deliver(intake, jira, issue("updated", LATER, summary="Newest name"))
    late = (await deliver(intake, jira, issue("updated", EARLIER, summary="Old name"))).json()
    assert late["outcome"] == "unchanged"
    assert (await page(intake, late))["name"] == "Newest name"
    assert (await deliver(intake, jira, issue("deleted", EARLIER))).json()["outcome"] == "unchanged"
    assert IntakeWithdrawn not in await kinds(intake)


async def test_an_issue_deleted_before_it_was_known_is_never_registered(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    assert (await deliver(intake, jira, issue("deleted", LATER))).json()["outcome"] == "ignored"
    assert (await deliver(intake, jira, issue("created", NOW))).json()["outcome"] == "ignored"
    assert await kinds(intake) == []


async def test_a_deletion_from_the_far_future_keeps_no_record_out_that_is_created_since(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    far = 4_000_000_000_000
    assert (await deliver(intake, jira, issue("deleted", far))).json()["outcome"] == "ignored"
    assert (await deliver(intake, jira, issue("created", LATER))).json()["outcome"] == "registered"


async def test_other_answers_after_confirmation_are_a_material_change(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    told = (await deliver(intake, jira, issue())).json()
    await intake.post(f"/intakes/{told['intake_id']}/confirm", {"reason": "yes"}, who="tess")
    await deliver(intake, jira, issue("updated", LATER, customfield_10070={"value": "Clinics", "id": "10211"}))
    after = await kinds(intake)
    assert after[after.index(TierConfirmed) + 1] is MaterialChangeDeclared


async def test_repeats_are_answered_200_by_delivery_id_and_by_bytes(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    body = json.dumps(issue()).encode()
    first = await deliver(intake, jira, body, identifier="d-1")
    for identifier in ("d-1", "d-2"):
        again = await deliver(intake, jira, body, identifier=identifier, **{"X-Atlassian-Webhook-Retry": "1"})
        assert (again.status_code, again.json()["outcome"]) == (200, "repeated")
        assert again.json()["delivery_id"] == first.json()["delivery_id"]
    assert (await kinds(intake)).count(SystemRegistered) == 1


async def test_a_signature_that_does_not_match_is_refused_counted_and_the_body_not_kept(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    body = json.dumps(issue()).encode()
    wrong = [
        await deliver(intake, jira, body, secret="another secret altogether"),
        await deliver(intake, jira, body, signed=json.dumps(issue(), indent=1).encode()),
        await intake.client.post(jira["path"], content=body, headers={"Content-Type": "application/json"}),
        await deliver(intake, {**jira, "path": jira["path"][:-1] + ("1" if jira["path"].endswith("0") else "0")}, body),
        await deliver(intake, {**jira, "path": jira["path"].replace("/jira/", "/servicenow/")}, body),
    ]
    assert [(answer.status_code, answer.json()["type"]) for answer in wrong] == [(401, "/problems/bad-signature")] * 5
    assert len({answer.json()["detail"] for answer in wrong}) == 1, "nobody learns which endpoints there are"
    assert await kinds(intake) == []
    listed = (await intake.get("/endpoints", who="olga")).json()["items"]
    assert (listed[0]["refused"], listed[0]["last_delivery"]) == (3, None)
    assert listed[0]["refused_reason"]


async def test_during_a_rotation_both_secrets_count_and_afterwards_only_the_new_one(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    rotated = (await intake.post(f"/endpoints/{jira['id']}/rotate", {}, who="olga")).json()
    assert rotated["rotating"]
    new = rotated["secret"]
    assert (await deliver(intake, jira, issue(at=1), secret=SECRET)).status_code == 200
    assert (await deliver(intake, jira, issue(at=2), secret=new)).status_code == 200
    await intake.post(f"/endpoints/{jira['id']}/rotate", {"finish": True}, who="olga")
    assert (await deliver(intake, jira, issue(at=3), secret=SECRET)).status_code == 401
    assert (await deliver(intake, jira, issue(at=4), secret=new)).status_code == 200


async def test_secrets_are_shown_once_and_lie_wrapped(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    assert jira["secret"] == SECRET
    shown = (await intake.get("/endpoints", who="olga")).text
    assert SECRET not in shown
    for file in intake.parts.settings.data.rglob("*.db*"):
        assert SECRET.encode() not in file.read_bytes(), file


async def test_an_endpoint_asked_for_again_is_the_same_without_its_secret_and_another_needs_another_key(
    intake: World,
) -> None:
    body = {"source": "jira", "name": "Test", "mapping": JIRA_MAPPING, "owner": "piet"}
    made = (await intake.post("/endpoints", body, "olga", "one-key")).json()
    again = await intake.post("/endpoints", body, "olga", "one-key")
    assert again.status_code == 201, again.text
    assert again.json() == {name: value for name, value in made.items() if name != "secret"}
    other = await intake.post("/endpoints", {**body, "name": "Other"}, "olga", "one-key")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-reused")
    assert made["secret"] not in other.text
    assert [one["name"] for one in (await intake.get("/endpoints", who="olga")).json()["items"]] == ["Test"]


async def test_endpoints_are_an_administrators_business(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    assert (await intake.get("/endpoints", who="rita")).status_code == 403
    assert (await intake.post(f"/endpoints/{jira['id']}/rotate", {}, who="tess")).status_code == 403
    await intake.post(f"/endpoints/{jira['id']}/close", None, who="olga")
    assert (await deliver(intake, jira, issue())).status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mapping", "name: [summary"),
        ("mapping", "name: summary\nattributes: {colour: {field: x, choices: {}}}"),
        ("mapping", "name: summary\nattributes: {sector: {field: x, choices: {wizardry: [W]}}}"),
        ("scheme", "servicenow-secret"),
        ("source", "trello"),
        ("secret", "0123456789 but é"),
    ],
)
async def test_an_endpoint_that_could_not_work_is_refused_with_a_pointer(intake: World, field: str, value: str) -> None:
    body = {"source": "jira", "name": "Test", "mapping": JIRA_MAPPING, "owner": "piet", field: value}
    answer = await intake.post("/endpoints", body, who="olga")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == f"#/{field}"


async def test_what_can_not_be_mapped_waits_in_a_queue_and_can_be_replayed(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    answer = await deliver(intake, jira, issue(summary="  "))
    assert (answer.status_code, answer.json()["outcome"]) == (202, "unmappable")
    broken = await deliver(intake, jira, b'{"webhookEvent": "jira:issue_created", ')
    assert (broken.status_code, broken.json()["outcome"]) == (202, "unmappable")
    (queue,) = (await intake.get("/endpoints", who="olga")).json()["items"]
    assert queue["last_failure"]["reason"]
    mapping = JIRA_MAPPING.replace("name: summary", "name: key")
    headers = intake.as_("olga")
    await intake.client.put(f"/intake/v1/endpoints/{jira['id']}/mapping", json={"mapping": mapping}, headers=headers)
    replayed = (await intake.post(f"/endpoints/{jira['id']}/replay", None, who="olga")).json()["items"]
    assert sorted(item["outcome"] for item in replayed) == ["registered", "unmappable"]
    waiting = await intake.get(f"/endpoints/{jira['id']}/deliveries?state=unmappable", who="olga")
    assert len(waiting.json()["items"]) == 1


@pytest.mark.parametrize(
    "payload",
    [
        {"webhookEvent": "comment_created", "timestamp": 1, "comment": {"id": "1"}, "issue": {"id": "1", "key": "X"}},
        issue(issuetype={"id": "1", "name": "Bug"}),
    ],
    ids=["a comment", "another kind of issue"],
)
async def test_what_is_none_of_our_business_is_ignored(intake: World, payload: dict[str, Any]) -> None:
    answer = await deliver(intake, await endpoint(intake, "jira"), payload)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "ignored")
    assert await kinds(intake) == []


async def test_a_spelling_nobody_knows_is_unknown_and_surfaces(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    told = issue(
        customfield_10070={"value": "Sorcery", "id": "666"},
        customfield_10075=[{"value": "Prediction"}, {"value": "Magic"}],
    )
    answer = (await deliver(intake, jira, told)).json()
    assert "sector: Sorcery" in answer["reason"]
    assert "technique: Magic" in answer["reason"]
    answers = (await page(intake, answer))["answers"]
    assert "sector" not in answers
    assert answers["technique"] == ["predictive", "unknown"]


async def test_an_issue_that_names_nobody_falls_to_the_endpoints_owner(intake: World) -> None:
    await intake.get("/form", who="piet")
    jira = await endpoint(intake, "jira")
    answer = (await deliver(intake, jira, issue(assignee=None))).json()
    assert (await page(intake, answer))["owner"]["name"] == "Piet Programme"


async def test_data_center_names_people_by_key_and_writes_no_event_type(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    told = issue(assignee={"name": "ned", "key": "JIRAUSER10100", "displayName": "Ned Flanders", "active": True})
    del told["issue_event_type_name"]
    answer = (await deliver(intake, jira, told)).json()
    assert (await page(intake, answer))["owner"]["name"] == "Ned Flanders"


async def test_a_description_in_atlassians_document_format_is_read_as_text(intake: World) -> None:
    paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in ("One.", "Two.")]
    told = issue(description={"type": "doc", "version": 1, "content": paragraphs})
    answer = (await deliver(intake, await endpoint(intake, "jira"), told)).json()
    assert (await page(intake, answer))["answers"]["summary"] == "One.\nTwo."


@pytest.mark.parametrize("scheme", ["servicenow-mac", "servicenow-secret"])
async def test_a_business_rule_creates_updates_and_deletes(intake: World, scheme: str) -> None:
    rule = await endpoint(intake, "servicenow", scheme=scheme)
    first = await deliver(intake, rule, record())
    assert (first.status_code, first.json()["outcome"]) == (200, "registered"), first.text
    told = await page(intake, first.json())
    assert (told["name"], told["owner"]["name"]) == ("Invoice reader", "Abel Tuter")
    assert told["answers"] == {"sector": "finance", "summary": "Reads invoices."}
    changed = record("sn_update", 1, "2026-02-25 08:00:00", u_sector=("3", "Santé"))
    assert (await deliver(intake, rule, changed)).json()["outcome"] == "amended"
    assert (await page(intake, first.json()))["answers"]["sector"] == "health"
    gone = record("sn_delete", 1, "2026-02-25 08:00:00")
    assert (await deliver(intake, rule, gone)).json()["outcome"] == "withdrawn"


async def test_servicenow_repeats_are_known_by_record_and_count_of_changes(intake: World) -> None:
    rule = await endpoint(intake, "servicenow")
    await deliver(intake, rule, record(count=4))
    again = await deliver(intake, rule, {**record(count=4), "sent_again": True})
    assert (again.status_code, again.json()["outcome"]) == (200, "repeated")


async def test_two_changes_within_a_second_are_told_apart_by_their_count(intake: World) -> None:
    rule = await endpoint(intake, "servicenow")
    await deliver(intake, rule, record("sn_update", 3, name=("Third", "Third")))
    late = (await deliver(intake, rule, record("sn_update", 2, name=("Second", "Second")))).json()
    assert (await page(intake, late))["name"] == "Third"


async def test_flat_bodies_of_other_peoples_scripts_are_taken_too(intake: World) -> None:
    rule = await endpoint(intake, "servicenow", scheme="servicenow-secret")
    flat = {
        "event": "sn_create",
        "sys_id": "a1",
        "number": "AIS0001",
        "name": "Flat one",
        "u_sector": "Banking",
        "managed_by": {"link": "https://x.service-now.com/api/now/table/sys_user/u1", "value": "u1"},
        "sys_updated_on": "2026-02-25 08:00:00",
        "sys_mod_count": 0.0,
    }
    answer = (await deliver(intake, rule, flat)).json()
    assert answer["outcome"] == "registered", answer
    assert (await page(intake, answer))["answers"]["sector"] == "finance"


async def test_a_delivery_that_was_kept_and_not_carried_out_is_carried_out_later(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    (leftovers,) = [one for one in intake.service.commanders if isinstance(one, Leftovers)]
    await leftovers._hooks.deliveries.keep(
        jira["id"], "id:d-1", json.dumps(issue()).encode(), {}, "2026-03-02T09:00:00.000000Z"
    )
    assert await leftovers.once() == 0  # it is in the hands of the request that brought it
    intake.clock.go(seconds=AGE.total_seconds() + 1)
    assert await leftovers.once() == 1
    assert (await kinds(intake))[:2] == [SystemRegistered, IntakeSubmitted]


ODD = (None, 7, "9" * 5000, [], {}, [None], {"type": "doc", "content": None}, {"type": "doc", "content": [1, None]})
"""What a record may hold where another thing is expected; each was a 500 once, or could have been."""


@pytest.mark.parametrize("place", [("webhookEvent",), ("issue", "id"), ("issue", "fields", "description"), ("user",)])
async def test_an_odd_issue_is_taken_or_kept_and_never_a_fault(intake: World, place: tuple[str, ...]) -> None:
    jira = await endpoint(intake, "jira")
    for value in ODD:
        told = issue()
        inner = told
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
        answer = await deliver(intake, jira, told)
        assert answer.status_code in (200, 202), (value, answer.text)


@pytest.mark.parametrize("field", ["sys_mod_count", "sys_id", "description", "managed_by", "sys_updated_on"])
async def test_an_odd_record_is_taken_or_kept_and_never_a_fault(intake: World, field: str) -> None:
    rule = await endpoint(intake, "servicenow")
    for value in ODD:
        answer = await deliver(intake, rule, record(**{field: (value, value)}))
        assert answer.status_code in (200, 202), (value, answer.text)


async def test_a_delivery_that_meets_a_fault_of_ours_waits_to_be_replayed_and_stops_no_other(
    intake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira = await endpoint(intake, "jira")
    (leftovers,) = [one for one in intake.service.commanders if isinstance(one, Leftovers)]
    keep, at = leftovers._hooks.deliveries.keep, "2026-03-02T09:00:00.000000Z"
    await keep(jira["id"], "id:d-1", json.dumps(issue(summary="Faulty")).encode(), {}, at)
    await keep(jira["id"], "id:d-2", json.dumps(issue(summary="Sound")).encode(), {}, at)
    intake.clock.go(seconds=AGE.total_seconds() + 1)
    with monkeypatch.context() as broken:
        broken.setattr(hooks, "mapped", _fails_for("Faulty"))
        assert await leftovers.once() == 2
    assert [type(one) for one in await intake.facts()][:2] == [SystemRegistered, IntakeSubmitted]
    path = f"/endpoints/{jira['id']}/deliveries"
    (kept,) = (await intake.get(f"{path}?state=unmappable", who="olga")).json()["items"]
    assert kept["reason"] == "a fault of ours, told in our log: replay it when that is mended"
    assert (await intake.post(f"{path}/{kept['id']}/replay", None, who="olga")).json()["outcome"] == "amended"


def _fails_for(name: str) -> Callable[..., Mapped]:
    def failing(mapping: Any, form: Any, fields: Any) -> Mapped:
        if fields["summary"] == name:
            raise ZeroDivisionError
        return mapped(mapping, form, fields)

    return failing


async def test_an_erased_body_leaves_its_digest(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    told = (await deliver(intake, jira, issue(summary=" "))).json()
    erased = await intake.post(f"/endpoints/{jira['id']}/deliveries/{told['delivery_id']}/erase", None, who="olga")
    assert len(erased.json()["digest"]) == 64
    again = await intake.post(f"/endpoints/{jira['id']}/deliveries/{told['delivery_id']}/replay", None, who="olga")
    assert again.json()["reason"] == "its body was erased"


async def test_a_body_is_erased_for_one_endpoint_alone_and_destroyed_with_the_last_of_them(intake: World) -> None:
    body = json.dumps(issue(summary=" ")).encode()
    both = [await endpoint(intake, "jira") for _ in range(2)]
    paths = [f"/endpoints/{one['id']}/deliveries" for one in both]
    told = [(await deliver(intake, one, body)).json()["delivery_id"] for one in both]

    async def erased(nth: int) -> str:
        return (await intake.post(f"{paths[nth]}/{told[nth]}/erase", None, who="olga")).json()["digest"]

    async def said(nth: int) -> bool:
        answer = await intake.post(f"{paths[nth]}/{told[nth]}/replay", None, who="olga")
        return bool(answer.json()["reason"] == "its body was erased")

    digest = await erased(0)
    assert [await said(0), await said(1)] == [True, False]
    kept = select(kept_body.c.body).where(kept_body.c.digest == digest)
    assert [row["body"] for row in await intake.store.database.rows(kept)] == [body]
    await erased(1)
    assert [await said(0), await said(1)] == [True, True]
    assert [row["body"] for row in await intake.store.database.rows(kept)] == [None]
    third = await endpoint(intake, "jira")
    fresh = (await deliver(intake, third, body)).json()
    assert fresh["reason"] != "its body was erased"
    assert await said(0)


async def test_a_body_beyond_five_megabytes_or_compressed_is_refused(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    assert (await deliver(intake, jira, b" " * (5 * 1024 * 1024 + 1))).status_code == 413
    assert (await deliver(intake, jira, issue(), **{"Content-Encoding": "gzip"})).status_code == 415


async def test_the_help_of_endpoint_create_shows_a_mapping_that_is_taken(intake: World) -> None:
    shown = CliRunner().invoke(commands, ["create", "--help"], env={"COLUMNS": "120", "TERM": "dumb"}).output
    lines = {line.strip() for line in shown.splitlines()}
    assert {line.strip() for line in EXAMPLE.splitlines()} <= lines
    jira = await endpoint(intake, "jira", mapping=EXAMPLE)
    assert (await deliver(intake, jira, issue())).json()["outcome"] == "registered"


REAL_JIRA = [
    ("issue_created_cloud.json", "registered"),
    ("issue_created_cloud_many_fields.json", "registered"),
    ("issue_updated_cloud_custom_field.json", "registered"),
    ("issue_updated_cloud_status.json", "registered"),
    ("issue_updated_datacenter_closed.json", "registered"),
    ("comment_created_cloud.json", "ignored"),
]


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of samples does not stand beside the checkout")
@pytest.mark.parametrize(("name", "outcome"), REAL_JIRA)
async def test_real_jira_deliveries_are_taken(intake: World, name: str, outcome: str) -> None:
    jira = await endpoint(intake, "jira", mapping="name: summary\ntexts: {summary: description}\n")
    body = (SAMPLES / "jira" / name).read_bytes()
    answer = await deliver(intake, jira, body)
    assert answer.status_code in (200, 202), answer.text
    if "summary" not in json.loads(body)["issue"]["fields"]:
        outcome = "unmappable" if outcome == "registered" else outcome  # some samples were cut short of their summary
    assert answer.json()["outcome"] == outcome


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of samples does not stand beside the checkout")
async def test_a_real_issues_story_is_one_intake(intake: World) -> None:
    jira = await endpoint(intake, "jira", mapping="name: key\ntexts: {summary: description}\n")
    told = []
    for name in ("issue_created_cloud", "issue_updated_cloud_resolved", "issue_updated_cloud_status"):
        told.append((await deliver(intake, jira, (SAMPLES / "jira" / f"{name}.json").read_bytes())).json())
    assert [one["outcome"] for one in told] == ["registered", "amended", "unchanged"]
    assert len({one["system_id"] for one in told}) == 1
    assert (await kinds(intake)).count(IntakeAmended) == 1


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of samples does not stand beside the checkout")
@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("ai_system_asset.json", "name"),
        ("ai_model_asset.json", "display_name"),
        ("table_api_incident_created.json", "short_description"),
        ("table_api_incident_get.json", "short_description"),
        ("change_request_display_and_value.json", "short_description"),
    ],
)
async def test_real_servicenow_records_are_taken(intake: World, name: str, field: str) -> None:
    rule = await endpoint(intake, "servicenow", mapping=f"name: {field}\nowner: managed_by\n")
    content = json.loads((SAMPLES / "servicenow" / name).read_text())
    found = content["result"][0] if isinstance(content["result"], list) else content["result"]
    answer = await deliver(intake, rule, {"event": "sn_create", "record": found})
    assert answer.json()["outcome"] == "registered", answer.text
    again = await deliver(intake, rule, {"event": "sn_create", "record": found})
    assert again.json()["outcome"] == "repeated"


async def test_one_delivery_that_comes_twice_at_once_has_one_effect(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    body = json.dumps(issue()).encode()
    answers = await asyncio.gather(*(deliver(intake, jira, body, identifier="d-1") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["outcome"] for answer in answers) == ["registered", *["repeated"] * 7]


async def test_characters_that_are_no_text_are_dropped(intake: World) -> None:
    jira = await endpoint(intake, "jira")
    body = json.dumps(issue(summary="Claims\0 triage\u0007", description="a\ud800b\nc")).encode()
    told = await page(intake, (await deliver(intake, jira, body)).json())
    assert (told["name"], told["answers"]["summary"]) == ("Claims triage", "ab\nc")
