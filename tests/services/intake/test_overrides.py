"""Overrides at intake through HTTP and the log: proposed to the board, and followed exactly once."""

from typing import Any
from uuid import uuid4

import pytest

from shared.events.catalogue import type_of
from shared.events.envelope import draft, stamp
from shared.events.intake import OverrideNotApplied, OverrideProposed, TierConfirmed, TierOverridden
from shared.events.review import OverrideDecided
from shared.log.port import Outgoing, facts_topic
from tests.domain.intake.test_overriding import decision
from tests.services.intake.answers import LOW, PROHIBITED
from tests.services.intake.world import World

ASKED = {"from_tier": "prohibited", "round": 1, "to_tier": "high", "rationale": "the answer was a misreading"}


async def prohibited(intake: World) -> dict[str, Any]:
    """A system whose tier was confirmed as prohibited."""
    told = await intake.submit(answers=PROHIBITED)
    ruled = await intake.post(f"/intakes/{told['id']}/confirm", {"reason": "as proposed"}, "tess")
    assert ruled.json()["tier"] == "prohibited"
    return told


async def proposed(intake: World, system_id: str, who: str = "rita", **more: Any) -> str:
    """The id of an override that was proposed."""
    answer = await intake.post(f"/systems/{system_id}/overrides", ASKED | more, who)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["override_id"])


async def heard(intake: World, fact: OverrideDecided, times: int = 1) -> None:
    """Review's decision, as its relay publishes it, so many times."""
    attributes = {
        "id": str(uuid4()),
        "source": "//test.gatehouse.local/review",
        "type": type_of(fact),
        "subject": f"override/{fact.override_id}",
        "time": stamp(intake.clock.now),
        "partitionkey": fact.system_id,
        "streamversion": 4,
        "correlationid": fact.intake_id,
        "authtype": "user",
        "authid": str(uuid4()),
    }
    value = draft(attributes, fact).stamped(stamp(intake.clock.now))
    writer = intake.log.writer()
    for _ in range(times):
        await writer.publish(facts_topic("review"), [Outgoing(key=fact.system_id.encode(), value=value, headers={})])
    await writer.close()
    await intake.settled()


def decided(told: dict[str, Any], override_id: str, **more: Any) -> OverrideDecided:
    of = {"system_id": told["system_id"], "intake_id": told["id"], "override_id": override_id}
    return decision("high", **of | more).decision


async def test_a_proposal_is_recorded_with_its_people_and_a_repeat_is_the_same(intake: World) -> None:
    told = await prohibited(intake)
    path, key = f"/systems/{told['system_id']}/overrides", str(uuid4())
    named = ASKED | {"accountable_owner": "piet@example.org"}
    first, again = [(await intake.post(path, named, "tess", key)).json() for _ in range(2)]
    assert (first["override_id"], again["override_id"]) == (again["override_id"], first["override_id"])
    assert (first["outcome"], first["tier"], again["replayed"]) == ("proposed", "prohibited", True)
    (fact,) = [one for one in await intake.facts() if isinstance(one, OverrideProposed)]
    assert (fact.override_id, fact.to_tier, fact.downgrade) == (first["override_id"], "high", True)
    assert len(fact.people) == 2, "requester and owner"
    assert fact.accountable_owner not in fact.people


@pytest.mark.parametrize(
    ("more", "who", "code"),
    [
        ({}, "audit", "forbidden"),
        ({}, "retail", "not-found"),
        ({"round": 2}, "rita", "stale-decision"),
        ({"to_tier": "prohibited"}, "rita", "invalid-field"),
    ],
)
async def test_a_proposal_by_who_may_not_or_of_what_can_not_be_is_refused(
    intake: World, more: dict[str, Any], who: str, code: str
) -> None:
    told = await prohibited(intake)
    answer = await intake.post(f"/systems/{told['system_id']}/overrides", ASKED | more, who)
    assert answer.json()["type"] == f"/problems/{code}"
    assert not [one for one in await intake.facts() if isinstance(one, OverrideProposed)]


async def test_whoever_looks_at_a_system_sees_what_is_before_the_board(intake: World) -> None:
    told = await prohibited(intake)
    path = f"/systems/{told['system_id']}"
    assert (await intake.get(path)).json()["overrides"] == []
    override_id = await proposed(intake, told["system_id"])
    (shown,) = (await intake.get(path)).json()["overrides"]
    assert (shown["override_id"], shown["from_tier"], shown["to_tier"]) == (override_id, "prohibited", "high")
    assert (shown["downgrade"], shown["proposed_at"]) == (True, "2026-03-02T09:00:00.000000Z")
    await heard(intake, decided(told, override_id))
    assert (await intake.get(path)).json()["overrides"] == [], "its round is over"
    await proposed(intake, told["system_id"], from_tier="high", round=2, to_tier="low")
    changed = await intake.post(f"{path}/changes", {"summary": "rebuilt", "answers": LOW}, "rita")
    assert changed.status_code == 201, changed.text
    assert (await intake.get(path)).json()["overrides"] == [], "it lapsed with its round"


async def test_a_decision_takes_effect_once_however_often_it_is_heard(intake: World) -> None:
    told = await prohibited(intake)
    override_id = await proposed(intake, told["system_id"])
    await heard(intake, decided(told, override_id), times=2)
    facts = await intake.facts()
    assert [type(one) for one in facts[-2:]] == [TierOverridden, TierConfirmed]
    assert len([one for one in facts if isinstance(one, TierOverridden | OverrideNotApplied)]) == 1
    page = (await intake.get(f"/systems/{told['system_id']}")).json()
    assert (page["tier"], page["round"], page["prohibited"], page["confirmed"]) == ("high", 2, False, True)
    (listed,) = (await intake.get("/systems?tier=high")).json()["items"]
    assert (listed["system_id"], listed["round"], listed["high_risk"]) == (told["system_id"], 2, True)
    assert (await intake.get("/systems?tier=prohibited")).json()["items"] == []


async def test_a_refused_override_changes_nothing_and_a_stale_one_is_on_record_as_not_applied(intake: World) -> None:
    told = await prohibited(intake)
    override_id = await proposed(intake, told["system_id"])
    before = await intake.facts()
    await heard(intake, decided(told, override_id, outcome="refused"))
    assert await intake.facts() == before
    changed = await intake.post(f"/systems/{told['system_id']}/changes", {"summary": "rebuilt", "answers": LOW}, "rita")
    assert changed.status_code == 201, changed.text
    await heard(intake, decided(told, override_id))
    last = (await intake.facts())[-1]
    assert isinstance(last, OverrideNotApplied)
    assert (last.override_id, last.to_tier) == (override_id, "high")
