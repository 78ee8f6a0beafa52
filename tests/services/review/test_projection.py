"""The derived tables: rebuilt from the log they are what they were."""

from shared.log.projector import Projector
from tests.services.review.world import World, link


async def test_a_rebuild_gives_the_same_rows(review: World) -> None:
    first = await review.submitted("medium")
    await review.sign_off(first, "product", "request_changes")
    await review.posted(f"/reviews/{first}/evidence/links", link("threat-model", "model"), "rita")
    await review.posted(f"/reviews/{first}/answers", {"answer": "done"}, "rita")
    second = await review.submitted("low", system_id="99999999-9999-4999-8999-999999999999")
    conditions = [{"text": "log it", "owner": "omar", "due_on": "2026-06-01"}]
    assert (await review.sign_off(second, "product", "approve_with_conditions", conditions=conditions)).is_success
    until = "2026-12-01T00:00:00Z"
    lend = {"appointment_id": review.ids["member1"], "receiver": "piet", "valid_until": until}
    await review.posted("/delegations", lend, "member1")
    await review.posted(f"/appointments/{review.ids['member2']}/end", {"reason": "left"}, "admin")
    await review.settled()
    before = [await review.queue(who) for who in ("rita", "omar", "piet", "rev-security")]
    (projector,) = review.service.projections
    assert isinstance(projector, Projector)
    report = await projector.rebuild()
    assert report.same
    assert report.events == len(await review.facts()) + len(await review.intake.after(-1, 10_000))
    assert [await review.queue(who) for who in ("rita", "omar", "piet", "rev-security")] == before
