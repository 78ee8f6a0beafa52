"""What a consumer set aside comes back by an administrator's ruling, which is a fact; what holds no fact is dropped."""

import hashlib
from pathlib import Path
from typing import Any

from shared.events.set_aside import DroppedRecord, IntakeRecordsReleased
from shared.log.port import Outgoing, facts_topic
from shared.policy.bundle import Bundle
from tests.contracts.log.records import published
from tests.services.intake.world import World, world

TOPIC = facts_topic("intake")
GARBAGE = b'{"half'
WHY = "a stranger wrote it, see ticket 7"


async def poisoned(site: World) -> list[dict[str, Any]]:
    """Garbage, and two good facts behind it, in one key of the topic; what is set aside then, as an auditor sees it."""
    good = [published("discovery/x", version) for version in range(2)]
    await site.log.writer().publish(TOPIC, [Outgoing(key=b"discovery/x", value=GARBAGE, headers={}), *good])
    reader = site.log.reader()
    ends = await reader.ends([TOPIC])
    for each in (*site.service.projections, *site.service.commanders):
        if hasattr(each, "caught_up"):
            await each.caught_up(ends)
    await reader.close()
    return await listed(site)


async def listed(site: World, who: str = "audit") -> list[dict[str, Any]]:
    answer = await site.get("/set-aside", who)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def named(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**{name: item[name] for name in ("consumer", "topic", "partition", "offset")}, "reason": WHY, **more}


async def test_garbage_is_dropped_and_what_is_behind_it_drains_in_order(tmp_path: Path, bundle: Bundle) -> None:
    async with world(tmp_path, bundle) as site:
        found = [each for each in await poisoned(site) if each["consumer"] == "intake"]
        assert [(each["key"], each["reason"] is None, each["droppable"]) for each in found] == [
            ("discovery/x", False, True),
            ("discovery/x", True, False),
            ("discovery/x", True, False),
        ]
        assert found[0]["reason"].startswith("MalformedEvent")
        answer = await site.post("/set-aside/drop", named(found[0]), "olga", "once")
        told = {"consumer": "intake", "key": "discovery/x", "handled": 2, "left": 0, "reason": None}
        assert (answer.status_code, answer.json()) == (200, told)
        assert [each for each in await listed(site) if each["consumer"] == "intake"] == []
        [fact] = [each for each in await site.facts() if isinstance(each, IntakeRecordsReleased)]
        dropped = DroppedRecord(
            topic=TOPIC, partition=0, offset=found[0]["offset"], digest=hashlib.sha256(GARBAGE).hexdigest()
        )
        assert (fact.consumer, fact.key, fact.waiting, fact.dropped, fact.reason) == (
            "intake",
            "discovery/x",
            3,
            dropped,
            WHY,
        )
        again = await site.post("/set-aside/drop", named(found[0]), "olga", "once")
        assert (again.status_code, again.json()["left"]) == (200, 0)
        assert sum(isinstance(each, IntakeRecordsReleased) for each in await site.facts()) == 1


async def test_a_key_that_no_fact_could_hold_is_told_by_its_digest(tmp_path: Path, bundle: Bundle) -> None:
    endless = [b"discovery/" + bytes([byte]) * 70_000 for byte in b"xy"]
    async with world(tmp_path, bundle) as site:
        await site.log.writer().publish(TOPIC, [Outgoing(key=key, value=GARBAGE, headers={}) for key in endless])
        first, second = [each for each in await poisoned(site) if each["consumer"] == "intake"][:2]
        assert first["key"].startswith("discovery/xxx")
        assert first["key"].endswith(hashlib.sha256(endless[0]).hexdigest())
        answer = await site.post("/set-aside/drop", named(first), "olga")
        assert (answer.status_code, answer.json()["key"], answer.json()["left"]) == (200, first["key"], 0), answer.text
        assert second["key"] in {each["key"] for each in await listed(site)}


async def test_a_release_tries_again_and_says_what_is_still_wrong(tmp_path: Path, bundle: Bundle) -> None:
    async with world(tmp_path, bundle) as site:
        first = next(each for each in await poisoned(site) if each["consumer"] == "intake")
        answer = (await site.post("/set-aside/release", named(first), "olga")).json()
        assert (answer["handled"], answer["left"]) == (0, 3)
        assert answer["reason"].startswith("MalformedEvent")
        assert next(each for each in await listed(site) if each["consumer"] == "intake")["tries"] == 6
        [fact] = [each for each in await site.facts() if isinstance(each, IntakeRecordsReleased)]
        assert (fact.dropped, fact.waiting, fact.reason) == (None, 3, WHY)


async def test_only_administrators_rule_and_only_what_holds_no_fact_is_dropped(tmp_path: Path, bundle: Bundle) -> None:
    async with world(tmp_path, bundle) as site:
        garbage, behind, *_ = [each for each in await poisoned(site) if each["consumer"] == "intake"]
        for who in ("rita", "audit", "piet"):
            assert (await site.post("/set-aside/drop", named(garbage), who)).status_code == 403
        assert (await site.get("/set-aside", "rita")).status_code == 403
        for body, code in (
            (named(behind), "wrong-state"),
            (named(garbage, offset=10_000), "not-found"),
            (named(garbage, consumer="intake/nobody"), "not-found"),
        ):
            answer = await site.post("/set-aside/drop", body, "olga")
            assert answer.json()["type"] == f"/problems/{code}", answer.text
        assert not any(isinstance(each, IntakeRecordsReleased) for each in await site.facts())


async def test_every_consumer_of_clocks_is_there_without_temporal(tmp_path: Path, bundle: Bundle) -> None:
    async with world(tmp_path, bundle) as site:
        names = {each.name for each in site.service.consumers}
        assert names == {"intake", "intake/decisions", "intake/discoveries", "intake/starts", "intake/bells"}
