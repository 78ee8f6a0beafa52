"""The lists against the streams they are derived from, after everything that can happen to a system."""

from typing import Any

from shared.log.projector import Projector
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
