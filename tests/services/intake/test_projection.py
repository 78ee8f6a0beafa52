"""The lists against the streams they are derived from, after everything that can happen to a system."""

from typing import Any

from services.intake.handlers.systems import By
from services.intake.handlers.use_cases import use_cases
from shared.log.projector import Projector
from shared.policy.bundle import Bundle
from shared.store.port import Context, Key
from tests.domain.reporting.facts import decided
from tests.services.intake.answers import HIGH, LOW, PROHIBITED
from tests.services.intake.test_batch import batch, line
from tests.services.intake.world import World


async def lived_through(intake: World) -> None:
    """One system for each fate."""
    told = {name: await intake.submit(name=name, answers=HIGH) for name in "abcdefg"}
    await intake.submit(name="low", answers=LOW)
    await intake.submit(name="never", answers=PROHIBITED)
    ids = {name: one["id"] for name, one in told.items()}
    systems = {name: one["system_id"] for name, one in told.items()}
    await intake.post(f"/intakes/{ids['a']}/confirm", {"reason": "yes"}, who="tess")
    await intake.post(f"/systems/{systems['a']}/launches", {"version": "1"})
    late = {"version": "0", "launched_at": "2026-01-01T00:00:00Z"}  # an earlier one, told later
    await intake.post(f"/systems/{systems['a']}/launches", late)
    await intake.post(f"/systems/{systems['a']}/changes", {"summary": "more", "answers": {"scale": "many"}})
    await intake.post(f"/intakes/{ids['b']}/withdraw", {"reason": "no"})
    await intake.post(f"/systems/{systems['c']}/retirement", {"reason": "gone"})
    await intake.post(f"/systems/{systems['d']}/merge", {"into": systems["a"], "reason": "same"}, who="piet")
    ask = {"attributes": ["scale"], "reason": "how many?"}
    await intake.post(f"/intakes/{ids['e']}/request-answers", ask, who="tess")
    await intake.post(f"/systems/{systems['f']}/retirement", {"reason": "gone"})
    await intake.post(f"/systems/{systems['f']}/launches", {"version": "back"})
    await intake.post(f"/systems/{systems['g']}/retirement", {"reason": "gone"})
    late = {"version": "1", "launched_at": "2026-01-01T00:00:00Z"}
    assert (await intake.post(f"/systems/{systems['g']}/launches", late)).json()["stage"] == "retired"
    history = {"launched": {"at": "2024-01-01T00:00:00Z"}}
    held = line(2, imported=True, triage="held", answers=LOW)
    await batch(intake, [line(1, imported=True, history=history), held], who="olga")
    await batch(intake, [line(3, imported=True, history={"retired": {}})], who="olga")
    intake.clock.go(days=3)


async def listed(intake: World) -> list[dict[str, Any]]:
    return (await intake.get("/systems")).json()["items"]


async def test_lists_say_what_the_streams_say(intake: World) -> None:
    await lived_through(intake)
    await intake.settled()
    rows = await listed(intake)
    assert len(rows) == 12
    for row in rows:
        page = (await intake.get(f"/systems/{row['system_id']}")).json()
        same = (
            "name",
            "stage",
            "tier",
            "high_risk",
            "score",
            "live",
            "intake_id",
            "round",
            "merged_into",
            "retired_at",
        )
        assert {name: row[name] for name in same} == {name: page[name] for name in same}, row["name"]
    stages = {row["name"]: row["stage"] for row in rows}
    waiting = {name for name, stage in stages.items() if stage in ("waiting", "asked")}
    queue = (await intake.get("/triage", who="tess")).json()["items"]
    assert {item["name"] for item in queue} == waiting
    assert queue[0]["tier"] == "prohibited"
    assert {item["name"]: item["holder"] for item in queue}["e"] == "submitter"


async def test_a_rebuild_derives_the_same_again(intake: World) -> None:
    await lived_through(intake)
    await intake.settled()
    before = await listed(intake)
    (projector,) = intake.service.projections
    assert isinstance(projector, Projector)
    rebuilt = await projector.rebuild()
    assert rebuilt.same
    assert rebuilt.events == (await intake.store.head()).next_position
    assert await listed(intake) == before


async def test_a_list_tells_of_the_latest_launch_not_of_the_one_reported_last(intake: World, bundle: Bundle) -> None:
    told = await intake.submit(answers=HIGH)
    await intake.post(f"/intakes/{told['id']}/confirm", {"reason": "yes"}, who="tess")
    path = f"/systems/{told['system_id']}/launches"
    context = Context(authtype="system", authid="a consumer", correlationid=told["id"])
    by = By(context=context, key=Key(scope="test", value="note", digest=b""), guard=lambda _: None)
    decision = decided("r-1", told["system_id"], "2026-03-02 09:30")
    intake.clock.go(hours=2)
    await use_cases(intake.store, bundle, intake.parts.people).living.note(decision, by)
    await intake.post(path, {"version": "2"})
    await intake.post(path, {"version": "1", "launched_at": "2026-01-01T00:00:00Z"})
    await intake.settled()
    (row,) = await listed(intake)
    assert (row["launched_reviewed"], row["live"]) == (True, True)


async def test_the_mark_of_a_breached_triage_outlasts_a_question_and_its_answer(intake: World, bundle: Bundle) -> None:
    marked, unmarked = await intake.submit(answers=HIGH), await intake.submit(answers=HIGH)
    triaging = use_cases(intake.store, bundle, intake.parts.people).triaging
    ask = {"attributes": ["scale"], "reason": "how many?"}

    async def breach(told: dict[str, Any], name: str, days: int) -> None:
        intake.clock.go(days=days)
        context = Context(authtype="system", authid="a clock", correlationid=told["id"])
        key = Key(scope="test", value=name, digest=b"")
        await triaging.notice(told["id"], By(context=context, key=key, guard=lambda _: None))

    async def marks() -> dict[str, bool]:
        await intake.settled()
        items = (await intake.get("/triage", who="tess")).json()["items"]
        assert all("triage_breached" not in one for one in items)
        return {one["intake_id"]: one["breached"] for one in items}

    async def answer(told: dict[str, Any]) -> None:
        tag = (await intake.get(f"/intakes/{told['id']}")).headers["ETag"]
        headers = intake.as_("rita", **{"If-Match": tag})
        body = {"answers": {"scale": "many"}}
        assert (await intake.client.patch(f"/intake/v1/intakes/{told['id']}", json=body, headers=headers)).is_success

    await intake.post(f"/intakes/{unmarked['id']}/request-answers", ask, who="tess")
    await breach(marked, "triage", 2)
    await intake.post(f"/intakes/{marked['id']}/request-answers", ask, who="tess")
    assert await marks() == {marked["id"]: True, unmarked["id"]: False}
    await breach(unmarked, "answer", 30)
    assert await marks() == {marked["id"]: True, unmarked["id"]: True}
    await answer(marked)
    await answer(unmarked)
    assert await marks() == {marked["id"]: True, unmarked["id"]: False}
