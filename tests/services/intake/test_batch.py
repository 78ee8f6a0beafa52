"""Many submissions in one request: a result per line, in order, and a bad line harms nobody."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.events.intake import SystemLaunched, SystemRegistered
from shared.policy.bundle import Bundle
from tests.services.intake.answers import HIGH, LOW
from tests.services.intake.world import World, world

NDJSON = "application/x-ndjson"


def line(number: int, **more: Any) -> dict[str, Any]:
    return {"key": f"k{number}", "name": f"System {number}", "owner": "omar@example.org", **more}


async def batch(
    intake: World, lines: Sequence[Mapping[str, Any] | str], who: str = "rita", kind: str = NDJSON
) -> tuple[int, list[dict[str, Any]]]:
    content = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
    headers = {"Authorization": f"Bearer {intake.token(who)}", "Content-Type": kind}
    answer = await intake.client.post("/intake/v1/intakes:batch", content=content.encode(), headers=headers)
    return answer.status_code, [json.loads(one) for one in answer.text.splitlines()]


async def test_every_line_has_its_result_in_order_and_a_bad_one_fails_alone(intake: World) -> None:
    lines = [
        line(1, answers=LOW),
        "{not json",
        line(2, colour="red"),
        line(3, answers={"sector": "wizardry"}),
        {"key": "k4", "name": "No owner"},
        line(5, owner="nobody @ nowhere"),
        '{"key": "k6", "name": "Twice", "name": "Twice", "owner": "omar"}',
        line(7, answers=HIGH),
    ]
    status, results = await batch(intake, lines)
    assert status == 200
    assert [result["line"] for result in results] == list(range(1, 9))
    assert [result["status"] for result in results] == [201, 400, 422, 422, 422, 422, 400, 201]
    codes = [result["problem"]["type"].removeprefix("/problems/") for result in results if "problem" in result]
    assert codes == [
        "malformed-json",
        "unknown-field",
        "invalid-answer",
        "invalid-field",
        "invalid-field",
        "duplicate-key",
    ]
    assert results[3]["problem"]["errors"][0]["pointer"] == "#/answers/sector"
    assert [result["tier"] for result in (results[0], results[7])] == ["low", "high"]


async def test_a_lines_own_key_gives_the_same_receipt_again(intake: World) -> None:
    _, first = await batch(intake, [line(1), line(2)])
    _, again = await batch(intake, [line(2), line(3), line(1)])
    assert again[0] == {**first[1], "line": 1, "replayed": True}
    assert again[2] == {**first[0], "line": 3, "replayed": True}
    _, other = await batch(intake, [line(1, answers=LOW)])
    assert other[0]["problem"]["type"] == "/problems/idempotency-reused"


async def test_one_key_twice_in_a_batch_is_one_submission(intake: World) -> None:
    _, results = await batch(intake, [line(1), line(1)])
    assert {result["id"] for result in results} == {results[0]["id"]}
    assert len([fact for fact in await intake.facts() if isinstance(fact, SystemRegistered)]) == 1


async def test_a_system_told_again_is_amended_or_unchanged(intake: World) -> None:
    def told(key: str, **more: Any) -> dict[str, Any]:
        return {**line(1, external_key="cmdb:1", on_known="amend", **more), "key": key}

    outcomes = []
    for one in (told("a"), told("b"), told("c", answers={"scale": "many"}), told("d", answers={"scale": "many"})):
        _, (result,) = await batch(intake, [one])
        outcomes.append((result["outcome"], result["status"]))
    assert outcomes == [("registered", 201), ("unchanged", 200), ("amended", 200), ("unchanged", 200)]


async def test_many_who_tell_of_one_system_at_once_make_one(intake: World) -> None:
    lines = [{**line(1, external_key="cmdb:1", on_known="amend"), "key": f"race-{number}"} for number in range(30)]
    _, results = await batch(intake, lines)
    assert {result["outcome"] for result in results} == {"registered", "unchanged"}
    assert len({result["system_id"] for result in results}) == 1
    assert [result["outcome"] for result in results].count("registered") == 1


async def test_batches_side_by_side_do_not_disturb_each_other(intake: World) -> None:
    each = [[line(10 * batch_number + number) for number in range(10)] for batch_number in range(5)]
    answers = await asyncio.gather(*(batch(intake, lines) for lines in each))
    assert all(result["status"] == 201 for _, results in answers for result in results)
    assert len({result["system_id"] for _, results in answers for result in results}) == 50


async def test_places_outside_ones_scope_fail_alone(intake: World) -> None:
    lines = [line(1, business_unit="Retail"), line(2, business_unit="Wholesale"), line(3)]
    _, results = await batch(intake, lines, who="retail")
    assert [result["status"] for result in results] == [201, 404, 403]


@pytest.mark.parametrize(("kind", "status"), [("application/json", 415), ("application/jsonl", 200)])
async def test_what_is_not_ndjson_is_not_taken(intake: World, kind: str, status: int) -> None:
    assert (await batch(intake, [line(1)], kind=kind))[0] == status


async def test_an_empty_batch_has_no_results(intake: World) -> None:
    assert await batch(intake, ["", "  "]) == (200, [])


PAST = [
    {"history": {"launched": {"at": "2026-01-05T09:00:00Z"}}, "triage": "held"},
    {"history": {"retired": {}}},
    {"triage": "held"},
    {"triage_from": "2026-06-01T09:00:00Z"},
]


@pytest.mark.parametrize("past", PAST, ids=["launched", "retired", "held", "postponed"])
async def test_history_is_told_of_imported_systems_and_by_those_who_may_import(
    intake: World, past: dict[str, Any]
) -> None:
    _, (news,) = await batch(intake, [line(1, **past)], who="olga")
    assert (news["status"], news["problem"]["type"]) == (422, "/problems/invalid-field")
    _, (foreign,) = await batch(intake, [line(2, imported=True, **past)], who="rita")
    assert (foreign["status"], foreign["problem"]["type"]) == (403, "/problems/forbidden")
    assert await intake.facts() == []
    for number, who in enumerate(("olga", "tess", "piet"), start=3):
        _, (told,) = await batch(intake, [line(number, imported=True, **past)], who=who)
        assert told["status"] == 201, told
    launches = [fact.imported_history for fact in await intake.facts() if isinstance(fact, SystemLaunched)]
    assert launches == ([True] * 3 if "launched" in past.get("history", {}) else [])


async def test_a_day_beyond_the_calendar_is_refused(intake: World) -> None:
    _, (beyond,) = await batch(intake, [line(1, imported=True, triage_from="2999-01-01T09:00:00Z")], who="olga")
    assert (beyond["status"], beyond["problem"]["type"]) == (422, "/problems/invalid-time")


async def test_among_example_data_nothing_is_imported(tmp_path: Path, bundle: Bundle) -> None:
    async with world(tmp_path, bundle, example=True) as playing:
        _, (refused, taken) = await batch(playing, [line(1, imported=True), line(2)], who="olga")
        assert (refused["status"], refused["problem"]["type"]) == (409, "/problems/example-data")
        assert taken["status"] == 201
        assert [fact.name for fact in await playing.facts() if isinstance(fact, SystemRegistered)] == ["System 2"]
