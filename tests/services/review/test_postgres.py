"""The same review on PostgreSQL: the walk, the queues, the lists, and the rebuild of the derived tables."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.policy.bundle import Bundle
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
