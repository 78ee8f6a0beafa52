"""Reviews through HTTP: from the confirmed tier to the decision."""

from typing import Any

import pytest

from services.review.consumer.docket import Docket
from shared.events.intake import IntakeAmended, IntakeWithdrawn, PeopleJoined, SystemRetired
from shared.events.review import (
    ApprovalRefused,
    ClockStarted,
    ConditionImposed,
    ResponsibilityChanged,
    ReviewOpened,
    ReviewWithdrawn,
)
from shared.runtime.cursors import page_of
from tests.domain.review.world import confirmed
from tests.services.review.world import World, link

OTHER = "99999999-9999-4999-8999-999999999999"


def code(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


async def test_a_confirmed_tier_opens_a_review_and_a_repeat_opens_no_second(review: World) -> None:
    review_id = await review.opened("medium")
    page = await review.page(review_id)
    assert (page["state"], page["tier"], page["requester"]["name"]) == ("gathering", "medium", "Rita")
    assert [one["clock"] for one in page["clocks"]] == ["gathering"]
    assert len(await review.facts(ReviewOpened)) == 1


async def test_a_low_tier_goes_from_evidence_to_decision(review: World) -> None:
    review_id = await review.opened("low")
    attached = await review.posted(f"/reviews/{review_id}/evidence/links", link(), "rita")
    assert attached["artefact_id"]
    submitted = await review.posted(f"/reviews/{review_id}/submission", None, "rita")
    assert submitted["completeness"] == {"complete": 1, "required": 1}
    signed = await review.sign_off(review_id, "product")
    assert (signed.status_code, signed.json()["outcome"]) == (201, "approved")
    page = await review.page(review_id)
    assert (page["state"], page["decision"]["authority"]) == ("decided", "disciplines")
    await review.settled()
    listed = (await review.get("/reviews?state=decided", "audit")).json()["items"]
    assert [(one["review_id"], one["outcome"], one["holder"]) for one in listed] == [(review_id, "approved", None)]


async def _belongs_to(review: World, opened: ReviewOpened, owner: str) -> None:
    """Intake says that somebody else answers for the system, and review has heard it."""
    amended = IntakeAmended(
        system_id=opened.system_id,
        intake_id=opened.intake_id,
        revision=2,
        form_version="1",
        name=opened.name,
        owner=await review.person(owner),
        answers={},
        texts={},
        changed=("owner",),
        origin="api",
        amended_by=await review.person("rita"),
    )
    await review.told(amended, f"system/{opened.system_id}")
    await review.settled()


async def test_who_comes_to_answer_after_the_decision_confirms_no_condition_and_then_nothing_is_open(
    review: World,
) -> None:
    review_id = await review.submitted("medium")
    for discipline in ("product", "security"):
        await review.sign_off(review_id, discipline)
    for member in ("member1", "member2", "member3"):
        await review.vote(review_id, member)
    conditions = [{"text": "log the prompts", "owner": "omar", "due_on": "2026-06-01"}]
    await review.close_vote(review_id, conditions=conditions)
    opened, docket = (await review.facts(ReviewOpened))[0], Docket(review.store)
    assert [one.review_id for one in await docket.open_to_rulings(opened.system_id)] == [review_id]
    await _belongs_to(review, opened, "member1")
    [imposed] = await review.facts(ConditionImposed)
    met = f"/reviews/{review_id}/conditions/{imposed.condition_id}/met"
    assert code(await review.post(met, {}, "member1")) == "segregation-of-duties"
    assert (await review.post(met, {}, "member2")).status_code == 201
    assert await docket.open_to_rulings(opened.system_id) == []
    await _belongs_to(review, opened, "member3")
    assert len(await review.facts(ResponsibilityChanged)) == 1


async def test_who_comes_to_answer_for_the_system_rules_on_it_no_more(review: World) -> None:
    review_id = await review.submitted("medium")
    for discipline in ("product", "security"):
        assert (await review.sign_off(review_id, discipline)).status_code == 201
    opened = (await review.facts(ReviewOpened))[0]
    await _belongs_to(review, opened, "rev-product")
    page = await review.page(review_id)
    assert page["owner"]["id"] == await review.person("rev-product")
    assert [one["discipline"] for one in page["sign_offs"] if one["standing"]] == ["security"]
    assert code(await review.sign_off(review_id, "product")) == "segregation-of-duties"
    assert [one.by for one in await review.facts(ApprovalRefused)] == [await review.person("rev-product")]
    assert (await review.sign_off(review_id, "product", who="lead-product")).status_code == 201


async def test_who_turns_out_to_be_the_owner_under_another_id_rules_on_it_no_more(review: World) -> None:
    review_id = await review.submitted("medium")
    for discipline in ("product", "security"):
        assert (await review.sign_off(review_id, discipline)).status_code == 201
    owner, reviewer, admin = [await review.person(who) for who in ("omar", "rev-product", "admin")]
    await review.told(PeopleJoined(person=owner, other=reviewer, by=admin, reason="one person"), "identities")
    await review.settled()
    page = await review.page(review_id)
    assert [one["discipline"] for one in page["sign_offs"] if one["standing"]] == ["security"]
    assert code(await review.sign_off(review_id, "product")) == "segregation-of-duties"
    assert [one.by for one in await review.facts(ApprovalRefused)] == [reviewer]
    started = [one.clock for one in await review.facts(ClockStarted)]
    assert started.count("signoff:product") == 2
    assert (await review.sign_off(review_id, "product", who="lead-product")).status_code == 201
    later = await review.submitted("medium", system_id="33333333-3333-4333-8333-333333333333")
    assert code(await review.sign_off(later, "product")) == "segregation-of-duties"


async def test_a_medium_tier_is_decided_by_the_board(review: World) -> None:
    review_id = await review.submitted("medium")
    for discipline in ("product", "security"):
        assert (await review.sign_off(review_id, discipline)).status_code == 201
    assert code(await review.close_vote(review_id)) == "quorum-missing"
    for member in ("member1", "member2"):
        assert (await review.vote(review_id, member)).status_code == 201
    await review.vote(review_id, "member3", "reject")
    page = await review.page(review_id)
    assert page["tally"]["result"] == "approve"
    conditions = [{"text": "log the prompts", "owner": "omar", "due_on": "2026-06-01"}]
    closed = (await review.close_vote(review_id, conditions=conditions)).json()
    assert closed["outcome"] == "approved_with_conditions"
    decision = (await review.page(review_id))["decision"]
    assert decision["dissent"] == [await review.person("member3")]
    assert decision["accountable_owner"] == await review.person("omar")
    waiting = [one for one in await review.queue("omar") if one["kind"] == "condition"]
    met = f"/reviews/{review_id}/conditions/{waiting[0]['condition_id']}/met"
    assert code(await review.post(met, {}, "omar")) == "segregation-of-duties"
    assert (await review.post(met, {}, "member1")).status_code == 201
    assert [one for one in await review.queue("omar") if one["kind"] == "condition"] == []


async def test_ruling_on_what_changed_since_it_was_read_is_refused(review: World) -> None:
    review_id = await review.submitted("medium")
    read = await review.digests(review_id)
    await review.posted(f"/reviews/{review_id}/evidence/links", link("threat-model", "new"), "rita")
    assert code(await review.sign_off(review_id, "product", **read)) == "stale-decision"


async def test_an_attempt_to_approve_ones_own_is_refused_and_on_record(review: World) -> None:
    review_id = await review.submitted("medium")
    await review.posted("/appointments", {"person": "rita", "role": "reviewer:product"}, "admin")
    key = "attempt-1"
    body = {"discipline": "product", "verdict": "approve", "reason": "mine"} | await review.digests(review_id)
    for _ in range(2):  # a retry gets the same answer and is no second attempt
        refused = await review.post(f"/reviews/{review_id}/sign-offs", body, "rita", key)
        assert (refused.status_code, code(refused)) == (403, "segregation-of-duties")
    attempts = await review.facts(ApprovalRefused)
    assert [one.by for one in attempts] == [await review.person("rita")]


async def test_a_token_without_an_office_rules_on_nothing(review: World) -> None:
    review_id = await review.submitted("medium")
    assert code(await review.sign_off(review_id, "product", who="audit")) == "forbidden"
    assert code(await review.sign_off(review_id, "product", who="admin")) == "segregation-of-duties"


async def test_outside_of_ones_scope_there_is_nothing(review: World) -> None:
    review_id = await review.opened()
    absent, foreign = await review.get(f"/reviews/{OTHER}", "lend"), await review.get(f"/reviews/{review_id}", "lend")
    assert (absent.status_code, foreign.status_code) == (404, 404)
    assert absent.json() | {"instance": ""} == foreign.json() | {"instance": ""}
    assert (await review.get("/reviews", "lend")).json()["items"] == []
    refused = await review.post(f"/reviews/{review_id}/submission", None, "lend")
    assert refused.status_code == 404


async def test_a_newer_round_withdraws_the_older_review_and_opens_its_own(review: World) -> None:
    first = await review.opened("medium")
    second = await review.opened("high", round=2, material_change=True)
    assert first != second
    assert (await review.page(first))["state"] == "withdrawn"
    assert (await review.page(second))["state"] == "gathering"


async def test_a_withdrawn_intake_and_a_retired_system_end_what_is_undecided(review: World) -> None:
    first = await review.opened("medium")
    fact = confirmed("medium")
    stream = f"system/{fact.system_id}"
    other = IntakeWithdrawn(system_id=fact.system_id, intake_id=OTHER, reason="another", origin="api")
    await review.told(other, stream)
    await review.settled()
    assert (await review.page(first))["state"] == "gathering"
    await review.told(
        IntakeWithdrawn(system_id=fact.system_id, intake_id=fact.intake_id, reason="no", origin="api"), stream
    )
    second_system = {"system_id": OTHER, "intake_id": OTHER}
    second = await review.opened("low", **second_system)
    await review.told(SystemRetired(system_id=OTHER, retired_at=review.clock.now, reason="gone"), f"system/{OTHER}")
    await review.settled()
    reasons = {one.review_id: one.reason for one in await review.facts(ReviewWithdrawn)}
    assert reasons == {first: "the intake was withdrawn: no", second: "the system was retired: gone"}


async def test_a_prohibited_use_opens_none(review: World) -> None:
    await review.told(confirmed("high", prohibited=True, opens_review=False))
    await review.settled()
    assert await review.facts(ReviewOpened) == []


async def test_a_review_explains_its_clock_in_minutes_that_add_up(review: World) -> None:
    review_id = await review.opened("medium")
    review.clock.go(hours=5)
    await review.posted(f"/reviews/{review_id}/evidence/links", link(), "rita")
    await review.posted(f"/reviews/{review_id}/submission", None, "rita")
    review.clock.go(hours=24)
    await review.sign_off(review_id, "security", "request_changes")
    review.clock.go(hours=2)
    await review.posted(f"/reviews/{review_id}/answers", {"answer": "done"}, "omar")
    review.clock.go(minutes=90)
    told = (await review.get(f"/reviews/{review_id}/clock", "omar")).json()
    assert {one["holder"]: one["minutes"] for one in told["held"]} == {"submitter": 420, "reviewers": 480 + 60}
    assert told["total_minutes"] == sum(one["minutes"] for one in told["held"]) == 480 * 2
    assert "security asked for changes" in " ".join(s["words"] for c in told["clocks"] for s in c["stretches"])


async def test_everybody_sees_what_waits_for_them(review: World) -> None:
    review_id = await review.submitted("medium")
    assert [one["clock"] for one in await review.queue("rev-security")] == ["signoff:security"]
    assert await review.queue("chair") == []
    assigned = {"discipline": "security", "reviewer": "lead-security"}
    await review.posted(f"/reviews/{review_id}/assignments", assigned, "piet")
    assert await review.queue("rev-security") == []
    await review.sign_off(review_id, "product")
    await review.sign_off(review_id, "security", "request_changes", who="lead-security")
    assert [one["kind"] for one in await review.queue("omar")] == ["answer"]
    await review.posted(f"/reviews/{review_id}/answers", {"answer": "done"}, "rita")
    await review.sign_off(review_id, "security", who="lead-security")
    assert [one["kind"] for one in await review.queue("member1")] == ["vote"]
    await review.vote(review_id, "member1")
    assert await review.queue("member1") == []
    assert await review.queue("rev-product") == []


async def test_stepping_back_is_kept_under_ones_own_key(review: World) -> None:
    review_id = await review.submitted("medium")
    body = {"capacity": "product", "reason": "my sister built it"}
    await review.posted(f"/reviews/{review_id}/recusals", body, "rev-product")
    stored = [one for one in await review.store.after(-1, 10_000) if one.type.endswith("recusal_declared.v1")]
    assert b"sister" not in stored[0].body
    assert await review.queue("rev-product") == []
    assert code(await review.sign_off(review_id, "product")) == "segregation-of-duties"


@pytest.mark.parametrize("path", ["reviews", "appointments", "delegations"])
@pytest.mark.parametrize("last", [("x",), (1, 2), ("x", "y", "z"), (10**30, "x"), ("x", "a\0b")], ids=str)
async def test_a_cursor_that_somebody_made_up_is_refused(review: World, path: str, last: tuple[str | int, ...]) -> None:
    cursor = page_of(f"/review/v1/{path}", "", None, None).next(last)
    assert code(await review.get(f"/{path}?cursor={cursor}", "audit")) == "invalid-query"


async def test_a_bad_cursor_and_a_foreign_one_are_refused(review: World) -> None:
    for number in range(3):
        await review.opened("low", system_id=f"{number}" * 8 + "-0000-4000-8000-000000000000")
    first = (await review.get("/reviews?limit=2", "audit")).json()
    assert len(first["items"]) == 2
    rest = (await review.get(f"/reviews?limit=2&cursor={first['next']}", "audit")).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    assert len({one["review_id"] for one in first["items"] + rest["items"]}) == 3
    assert code(await review.get(f"/reviews?state=decided&cursor={first['next']}", "audit")) == "invalid-query"


async def test_who_has_two_ids_sees_what_waits_for_both_and_nothing_that_either_may_not_do(review: World) -> None:
    review_id = await review.submitted("medium")
    member, reviewer, admin = [await review.person(who) for who in ("member1", "rev-product", "admin")]
    assert await review.queue("member1") == [], "control: apart, nothing waits for the member yet"
    await review.told(PeopleJoined(person=member, other=reviewer, by=admin, reason="one person"), "identities")
    await review.settled()
    for who in ("member1", "rev-product"):
        waiting = await review.queue(who)
        assert [(one["clock"], one["person"]) for one in waiting] == [("signoff:product", reviewer)]
    await review.sign_off(review_id, "product")
    await review.sign_off(review_id, "security")
    assert [one["kind"] for one in await review.queue("member2")] == ["vote"]
    assert await review.queue("member1") == [], "one person fills one place in a review"


async def test_the_owner_under_another_id_is_asked_there_too_and_for_no_ruling(review: World) -> None:
    review_id = await review.submitted("medium")
    owner, reviewer, admin = [await review.person(who) for who in ("omar", "rev-product", "admin")]
    await review.told(PeopleJoined(person=owner, other=reviewer, by=admin, reason="one person"), "identities")
    await review.settled()
    assert await review.queue("rev-product") == []
    await review.sign_off(review_id, "security", "request_changes")
    assert [(one["kind"], one["person"]) for one in await review.queue("rev-product")] == [("answer", owner)]
