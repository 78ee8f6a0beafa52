"""The same review on PostgreSQL: the walk, the queues, the lists, and the rebuild of the derived tables."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.policy.bundle import Bundle
from tests.services.review.test_overrides import rule, tabled
from tests.services.review.test_walk import code
from tests.services.review.world import World, link, world

pytestmark = pytest.mark.postgres


@pytest.fixture
async def review(tmp_path: Path, bundle: Bundle, postgres_url: str) -> AsyncIterator[World]:
    async with world(tmp_path, bundle, postgres=postgres_url) as running:
        await running.staffed()
        yield running


async def test_the_whole_way_on_postgresql(review: World) -> None:
    review_id = await review.submitted("medium")
    assert [one["clock"] for one in await review.queue("rev-security")] == ["signoff:security"]
    await review.sign_off(review_id, "security", "request_changes")
    assert [one["kind"] for one in await review.queue("rita")] == ["answer"]
    await review.posted(f"/reviews/{review_id}/evidence/links", link("threat-model", "model"), "rita")
    await review.posted(f"/reviews/{review_id}/answers", {"answer": "done"}, "rita")
    for discipline in ("product", "security"):
        assert (await review.sign_off(review_id, discipline)).status_code == 201
    assert [one["kind"] for one in await review.queue("member1")] == ["vote"]
    assert code(await review.vote(review_id, "rev-product")) == "segregation-of-duties"
    for member in ("member1", "member2", "member3"):
        assert (await review.vote(review_id, member)).status_code == 201
    assert (await review.close_vote(review_id)).json()["outcome"] == "approved"
    await review.settled()
    listed = (await review.get("/reviews?state=decided&limit=1", "audit")).json()["items"]
    assert [one["outcome"] for one in listed] == ["approved"]
    assert await review.queue("member1") == []


async def test_an_override_on_postgresql(review: World) -> None:
    fact = await tabled(review)
    (entry,) = await review.queue("member1")
    assert (entry["kind"], entry["override_id"], entry["tier"]) == ("override_vote", fact.override_id, "prohibited")
    for member in ("member1", "member2", "member3"):
        assert (await rule(review, fact, member)).status_code == 201
    assert (await rule(review, fact, "member1", "decision")).json()["outcome"] == "approved"
    assert await review.queue("chair") == []
    listed = (await review.get(f"/overrides?system_id={fact.system_id}", "audit")).json()["items"]
    assert [one["state"] for one in listed] == ["approved"]
