"""Intake on PostgreSQL: the same use cases, lists and webhooks as on SQLite."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex

import pytest

from shared.policy.bundle import Bundle
from tests.services.intake.answers import HIGH, LOW
from tests.services.intake.webhooks import deliver, endpoint, issue, record
from tests.services.intake.world import World, world

pytestmark = pytest.mark.postgres


@pytest.fixture
async def intake(tmp_path: Path, bundle: Bundle, postgres_url: str) -> AsyncIterator[World]:
    urls = {"intake_events_url": postgres_url, "intake_views_url": postgres_url}
    async with world(tmp_path, bundle, **urls) as running:
        yield running


async def test_submitting_confirming_and_listing(intake: World) -> None:
    names = ["aa", "Bb", "Äb", "cc"]
    told = {name: await intake.submit(name=name, answers=HIGH, business_unit="Retail") for name in names}
    await intake.submit(name="low", answers=LOW, owner="OMAR@example.org")
    await intake.post(f"/intakes/{told['cc']['id']}/confirm", {"reason": "yes"}, who="tess")
    await intake.settled()
    first = (await intake.get("/systems?limit=3")).json()
    rest = (await intake.get(f"/systems?limit=3&cursor={first['next']}")).json()
    assert sorted(row["name"] for row in (*first["items"], *rest["items"])) == sorted([*names, "low"])
    assert [row["name"] for row in (await intake.get("/systems?stage=confirmed&tier=high")).json()["items"]] == ["cc"]
    seen, cursor = [], ""
    while cursor is not None:
        page = (await intake.get(f"/triage?limit=1{cursor and '&cursor='}{cursor}", who="tess")).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(["aa", "Bb", "Äb"])
    assert (await intake.get("/triage", who="retail")).json()["items"]


async def test_a_batch_and_a_webhook(intake: World) -> None:
    lines = [{"key": f"k{number}", "name": f"S{number}", "owner": "omar@example.org"} for number in range(40)]
    content = "\n".join(map(json.dumps, lines)).encode()
    headers = {**intake.as_("rita"), "Content-Type": "application/x-ndjson"}
    answer = await intake.client.post("/intake/v1/intakes:batch", content=content, headers=headers)
    assert [json.loads(one)["status"] for one in answer.text.splitlines()] == [201] * 40
    owners = {stored.fact.owner for stored in await intake.store.after(-1, 200) if hasattr(stored.fact, "owner")}
    assert len(owners) == 1, "forty lines that name one new owner at once make one person"
    jira = await endpoint(intake, "jira")
    body = json.dumps(issue()).encode()
    assert (await deliver(intake, jira, body)).json()["outcome"] == "registered"
    assert (await deliver(intake, jira, body)).json()["outcome"] == "repeated"


@pytest.mark.parametrize("name", ["no-such", "%00", "%F0%9F%A6%89", "a" * 300, "..%2F..%2Fetc"])
async def test_a_name_that_is_no_id_is_simply_not_there(intake: World, name: str) -> None:
    for path in (f"/intakes/{name}", f"/systems/{name}"):
        answer = await intake.get(path)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found"), path
    for path, body in (
        (f"/intakes/{name}/withdraw", {"reason": "?"}),
        (f"/systems/{name}/launches", {"version": "1"}),
        (f"/discoveries/{name}/outcome", {"reason": "?"}),
    ):
        assert (await intake.post(path, body, who="piet")).status_code == 404, path
    assert (await intake.post(f"/people/{name}/forget", None, who="olga")).status_code == 404
    assert (await intake.post(f"/endpoints/{name}/rotate", {}, who="olga")).status_code == 404
    assert (
        await deliver(intake, {"path": f"/intake/v1/hooks/jira/{name}", "scheme": "jira", "source": "jira"}, {})
    ).status_code in (401, 404)


async def test_a_records_and_a_persons_id_that_no_index_holds_are_no_fault(intake: World) -> None:
    jira, rule = await endpoint(intake, "jira"), await endpoint(intake, "servicenow")
    noise = token_hex(4000)  # what repeats itself is kept compressed, and would fit
    told = issue()
    told["issue"]["id"] = noise
    assert (await deliver(intake, jira, told)).json()["outcome"] == "unmappable"
    assert (await deliver(intake, jira, issue(assignee={"accountId": noise}), identifier=noise)).status_code == 200
    assert (await deliver(intake, rule, record(sys_id=(noise, "")))).json()["outcome"] == "unmappable"
    assert (await deliver(intake, rule, record(managed_by=(noise, "")))).json()["outcome"] == "registered"
