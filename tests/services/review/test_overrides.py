"""Overrides through HTTP: from what intake proposed to what the board decided, and what makes one lapse."""

from typing import Any

import msgspec
import pytest

from shared.events.fact import Sealed
from shared.events.intake import (
    IntakeAmended,
    IntakeWithdrawn,
    OverrideProposed,
    SystemMerged,
    SystemRetired,
    TierOverridden,
)
from shared.events.review import (
    OverrideAttemptRefused,
    OverrideDecided,
    OverrideLapsed,
    OverridePeopleJoined,
    OverrideRecusalDeclared,
    OverrideTabled,
    ReviewOpened,
    ReviewWithdrawn,
)
from tests.domain.review.motion import proposed
from tests.domain.review.world import confirmed
from tests.services.review.test_walk import code
from tests.services.review.world import MONDAY, World

OTHER = "55555555-5555-4555-8555-555555555555"


async def tabled(review: World, **changed: Any) -> OverrideProposed:
    """An override that intake proposed, before the board."""
    people = {"people": (await review.person("rita"), await review.person("omar")), "by": await review.person("helena")}
    named = {"accountable_owner": await review.person("omar"), "policy_digest": review.parts.bundle.digest}
    fact = proposed(**people | named | changed)
    await review.told(fact, f"system/{fact.system_id}")
    await review.settled()
    return fact


async def rule(review: World, fact: OverrideProposed, who: str, ruling: str = "votes", **more: Any) -> Any:
    page = (await review.get(f"/overrides/{fact.override_id}", "audit")).json()
    body = {name: page[name] for name in ("proposal_digest", "policy_digest")} | {"rationale": "weighed"}
    body |= {"choice": "approve"} if ruling == "votes" else {"options": ["override", "leave it"]}
    return await review.post(f"/overrides/{fact.override_id}/{ruling}", body | more, who)


async def test_the_board_decides_on_what_intake_proposed(review: World) -> None:
    fact = await tabled(review)
    answer = await review.get(f"/overrides/{fact.override_id}", "omar")
    page = answer.json()
    assert answer.headers["etag"] == '"0"'
    assert (page["state"], page["tally"]["result"]) == ("before_board", "pending")
    assert page["proposed_by"]["id"] == await review.person("helena")
    assert (page["accountable_owner"]["name"], page["from_tier"], page["to_tier"]) == ("Omar", "prohibited", "high")
    assert code(await rule(review, fact, "chair", "decision")) == "quorum-missing"
    for member in ("chair", "member1", "member2"):
        assert (await rule(review, fact, member)).status_code == 201
    closed = await rule(review, fact, "chair", "decision")
    assert (closed.status_code, closed.json()["outcome"]) == (201, "approved")
    page = (await review.get(f"/overrides/{fact.override_id}", "audit")).json()
    assert (page["state"], page["decision"]["votes_for"], page["tally"]) == ("approved", 3, None)
    assert [one["by"]["name"] for one in page["votes"]] == ["Chair", "Member1", "Member2"]
    assert code(await rule(review, fact, "member3")) == "already-decided"
    await review.settled()
    listed = (await review.get("/overrides?state=approved", "audit")).json()["items"]
    assert [(one["override_id"], one["downgrade"]) for one in listed] == [(fact.override_id, True)]
    assert (await review.get(f"/overrides?system_id={OTHER}", "audit")).json()["items"] == []
    assert len(await review.facts(OverrideDecided)) == 1


async def test_an_attempt_by_who_has_a_part_in_it_is_on_record(review: World) -> None:
    fact = await tabled(review, by=await review.person("member1"))
    refused = await rule(review, fact, "member1")
    assert (refused.status_code, code(refused)) == (403, "segregation-of-duties")
    assert code(await rule(review, fact, "omar")) == "segregation-of-duties"
    assert code(await rule(review, fact, "rev-security")) == "forbidden"
    recorded = await review.facts(OverrideAttemptRefused)
    assert [one.by for one in recorded] == [await review.person("member1"), await review.person("omar")]


async def test_it_waits_in_the_queues_of_those_who_may_vote_until_they_have(review: World) -> None:
    fact = await tabled(review, by=await review.person("member1"))
    (entry,) = await review.queue("member2")
    assert (entry["kind"], entry["override_id"], entry["tier"]) == ("override_vote", fact.override_id, "prohibited")
    assert (entry["review_id"], entry["due_at"], entry["name"]) == (None, None, "Summariser")
    assert await review.queue("member1") == [], "who proposed it has no vote"
    assert await review.queue("rev-security") == []
    await rule(review, fact, "member2")
    assert await review.queue("member2") == []
    away = await review.post(f"/overrides/{fact.override_id}/recusals", {"reason": "a friend of mine"}, "member3")
    assert away.status_code == 201
    assert await review.queue("member3") == []
    for member in ("chair", "member2"):
        await rule(review, fact, member, choice="reject")
    assert [one["kind"] for one in await review.queue("chair")] == []
    (recused,) = await review.facts(OverrideRecusalDeclared)
    assert isinstance(recused.reason, Sealed), "why somebody steps back is about them"
    page = (await review.get(f"/overrides/{fact.override_id}", "audit")).json()
    assert [one["name"] for one in page["recused"]] == ["Member3"]


async def test_an_override_elsewhere_is_not_there(review: World) -> None:
    fact = await tabled(review)
    assert (await review.get(f"/overrides/{fact.override_id}", "lend")).status_code == 404
    assert (await review.get(f"/overrides/{OTHER}", "audit")).status_code == 404
    assert (await review.get("/overrides", "lend")).json()["items"] == []


def _amended(fact: OverrideProposed, **changed: Any) -> IntakeAmended:
    values: dict[str, Any] = {
        "system_id": fact.system_id,
        "intake_id": fact.intake_id,
        "revision": 2,
        "form_version": "1",
        "name": fact.name,
        "answers": {},
        "texts": {},
        "changed": ("name",),
        "owner": fact.people[-1],
        "origin": "api",
    }
    return IntakeAmended(**values | changed)


def _overridden(fact: OverrideProposed) -> TierOverridden:
    return TierOverridden(
        system_id=fact.system_id,
        override_id=OTHER,
        intake_id=fact.intake_id,
        round=2,
        from_tier=fact.from_tier,
        to_tier="medium",
        downgrade=True,
        rationale="r",
        accountable_owner=fact.accountable_owner,
        decided_by="chair",
        decided_at=MONDAY,
        proposal_digest="a" * 64,
        policy_digest=fact.policy_digest,
    )


@pytest.mark.parametrize("what", ["overridden", "withdrawn", "retired", "merged"])
async def test_it_lapses_with_what_it_rests_on(review: World, what: str) -> None:
    fact = await tabled(review)
    away = {"system_id": fact.system_id, "reason": "no use"}
    meanwhile = {
        "overridden": _overridden(fact),
        "withdrawn": IntakeWithdrawn(**away, intake_id=fact.intake_id, origin="api"),
        "retired": SystemRetired(**away, retired_at=MONDAY),
        "merged": SystemMerged(**away, into=OTHER, by="tomas"),
    }
    await review.told(meanwhile[what], f"system/{fact.system_id}")
    await review.settled()
    (lapsed,) = await review.facts(OverrideLapsed)
    assert lapsed.override_id == fact.override_id
    assert code(await rule(review, fact, "member2")) == "stale-decision"
    page = (await review.get(f"/overrides/{fact.override_id}", "audit")).json()
    assert (page["state"], page["lapsed"]) == ("lapsed", lapsed.reason)
    assert await review.queue("member2") == []


async def test_what_is_heard_again_of_its_own_round_or_of_another_intake_ends_nothing(review: World) -> None:
    """Recorded in the same instant, so that the time alone does not tell them from news."""
    fact = await tabled(review, round=2)
    again = msgspec.structs.replace(_overridden(fact), round=2)
    await review.told(again, f"system/{fact.system_id}")
    other = IntakeWithdrawn(system_id=fact.system_id, reason="no use", intake_id=OTHER, origin="api")
    await review.told(other, f"system/{fact.system_id}")
    await review.settled()
    assert await review.facts(OverrideLapsed) == []


async def test_who_comes_to_answer_for_the_system_meanwhile_has_no_vote_any_more(review: World) -> None:
    fact = await tabled(review, from_tier="low", downgrade=False)
    for member in ("member1", "member2"):
        assert (await rule(review, fact, member)).status_code == 201
    taken_over = _amended(fact, owner=await review.person("member1"), amended_by=await review.person("piet"))
    await review.told(taken_over, f"system/{fact.system_id}")
    await review.settled()
    (joined,) = await review.facts(OverridePeopleJoined)
    assert set(joined.joined) == {await review.person("member1"), await review.person("piet")}
    assert code(await rule(review, fact, "chair", "decision")) == "quorum-missing", "one vote is left"
    assert code(await rule(review, fact, "member1")) == "segregation-of-duties"
    assert await review.queue("member1") == []
    assert (await rule(review, fact, "chair")).status_code == 201
    assert (await rule(review, fact, "chair", "decision")).json()["outcome"] == "approved"


async def test_new_words_of_the_same_people_change_nothing_that_the_board_decides_on(review: World) -> None:
    fact = await tabled(review)
    await review.told(_amended(fact), f"system/{fact.system_id}")
    await review.settled()
    assert await review.facts(OverrideLapsed | OverridePeopleJoined) == []


async def test_an_overridden_tier_withdraws_the_review_of_the_former_one_and_opens_its_own(
    review: World,
) -> None:
    first = await review.opened("medium")
    fact = confirmed("high", round=2, owner=await review.person("omar"), requester=await review.person("rita"))
    await review.told(fact, f"system/{fact.system_id}")
    await review.settled()
    assert [one.review_id for one in await review.facts(ReviewWithdrawn)] == [first]
    opened = await review.facts(ReviewOpened)
    assert [(one.tier, one.round) for one in opened] == [("medium", 1), ("high", 2)]
    assert opened[1].review_id != first
    assert len(await review.facts(OverrideTabled)) == 0
