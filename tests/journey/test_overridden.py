"""A prohibited system whose tier the board overrides, on the embedded run: from the proposal to the opened review."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.journey.people import BOARD
from tests.journey.places import Embedded, gatehouse
from tests.journey.walker import MEDIUM, Walker, wait_for

pytestmark = pytest.mark.slow
PROHIBITED = MEDIUM | {"prohibited_practices": ["social-scoring"]}


def test_the_board_leads_a_prohibited_system_on_and_its_review_opens(embedded_place: Embedded) -> None:
    with Walker(embedded_place) as walker:
        walker.staff()
        system_id = _prohibited(walker)
        override_id = _proposed(walker, system_id)
        _voted_and_decided(walker, override_id)
        page = wait_for(lambda: _at_tier(walker, system_id, "high"), "the overridden tier")
        assert (page["round"], page["confirmed"], page["prohibited"]) == (2, True, False)
        review = walker.get(f"/review/v1/reviews/{walker.review_of(system_id)}", "rita")
        assert (review["tier"], review["round"], review["state"]) == ("high", 2, "gathering")
        _told_by_reporting(walker, system_id)
        _raised_while_under_review(walker)
        where = ("--data", str(embedded_place.folder), "--url", embedded_place.url("intake"))
        assert gatehouse("aside", "list", *where)["items"] == []
        assert gatehouse("rebuild", *where)["same"]


def _raised_while_under_review(walker: Walker) -> None:
    """The review of the former tier is withdrawn, and another one opened; refusing it first changes nothing."""
    body = {"name": "Answer suggestions", "owner": "omar", "answers": MEDIUM, "product_area": "Support"}
    told = walker.post("/intake/v1/intakes", "rita", body)
    walker.post(f"/intake/v1/intakes/{told['id']}/confirm", "tess", {"reason": "as proposed"})
    system_id, first = told["system_id"], walker.review_of(told["system_id"])
    refused = _proposed(walker, system_id, from_tier="medium", to_tier="low")
    _voted_and_decided(walker, refused, "reject")
    override_id = _proposed(walker, system_id, from_tier="medium", to_tier="high")
    _voted_and_decided(walker, override_id)
    wait_for(lambda: _at_tier(walker, system_id, "high"), "the overridden tier")
    former = f"/review/v1/reviews/{first}"
    wait_for(lambda: walker.get(former, "rita")["state"] == "withdrawn", "the end of the former review")
    path = f"/review/v1/reviews?system_id={system_id}&state=gathering"

    def open_ones() -> Any:
        # A review's own page is read from its facts, the list from tables that follow them: `first` may linger in it.
        items = walker.get(path, "operator")["items"]
        return items if items and first not in {one["review_id"] for one in items} else None

    (listed,) = wait_for(open_ones, "the review of the new tier alone in the list")
    assert (listed["tier"], listed["round"]) == ("high", 2)
    states = {one["override_id"]: one["state"] for one in walker.get("/review/v1/overrides", "operator")["items"]}
    assert (states[refused], states[override_id]) == ("refused", "approved")


def _prohibited(walker: Walker) -> str:
    body = {"name": "Citizen score", "owner": "omar", "answers": PROHIBITED, "product_area": "Support", "region": "gb"}
    submitted = walker.post("/intake/v1/intakes", "rita", body)
    ruled = walker.post(f"/intake/v1/intakes/{submitted['id']}/confirm", "tess", {"reason": "as proposed"})
    assert (ruled["tier"], ruled["prohibited"], ruled["opens_review"]) == ("prohibited", True, False)
    return str(submitted["system_id"])


def _proposed(walker: Walker, system_id: str, **tiers: str) -> str:
    asked = {"from_tier": "prohibited", "round": 1, "to_tier": "high", "rationale": "the answer was a misreading"}
    asked |= tiers
    return str(walker.post(f"/intake/v1/systems/{system_id}/overrides", "rita", asked)["override_id"])


def _voted_and_decided(walker: Walker, override_id: str, choice: str = "approve") -> None:
    def waiting() -> Any:
        entries = walker.get("/review/v1/me/queue", "chair")["items"]
        return [one for one in entries if one.get("override_id") == override_id]

    assert wait_for(waiting, "the override in the queue")[0]["kind"] == "override_vote"
    page = walker.get(f"/review/v1/overrides/{override_id}", "chair")
    named: Mapping[str, Any] = {name: page[name] for name in ("proposal_digest", "policy_digest")}
    vote = {"choice": choice, "rationale": "weighed", **named}
    refused = walker.request("POST", f"/review/v1/overrides/{override_id}/votes", "rita", vote)
    assert refused.status_code == 403
    for member in BOARD[:3]:
        walker.post(f"/review/v1/overrides/{override_id}/votes", member, vote)
    closing = {"rationale": "the evidence carries it", "options": ["override", "leave it"], **named}
    decided = walker.post(f"/review/v1/overrides/{override_id}/decision", "chair", closing)
    assert decided["outcome"] == {"approve": "approved", "reject": "refused"}[choice]


def _at_tier(walker: Walker, system_id: str, tier: str) -> Any:
    page = walker.get(f"/intake/v1/systems/{system_id}", "rita")
    return page if page["tier"] == tier else None


def _told_by_reporting(walker: Walker, system_id: str) -> None:
    wanted = [
        "gatehouse.intake.override_proposed.v1",
        "gatehouse.review.override_tabled.v1",
        "gatehouse.review.override_decided.v1",
        "gatehouse.intake.tier_overridden.v1",
    ]

    def trail() -> Any:
        types = [one["type"] for one in walker.get(f"/reporting/v1/audit?system={system_id}", "operator")["items"]]
        return types if {*wanted} <= {*types} else None

    assert [wait_for(trail, "the whole trail").count(one) for one in wanted] == [1, 1, 1, 1]

    def listed() -> Any:
        lines = walker.get("/reporting/v1/portfolio?tier=high", "operator")["items"]
        return [one for one in lines if one["system_id"] == system_id]

    assert wait_for(listed, "the system in the portfolio at its new tier")
    kpis = {one["number"]: one for one in walker.get("/reporting/v1/kpis?tier=high", "operator")["items"]}
    assert (kpis[1]["numerator"], kpis[1]["denominator"]) == (1, 1)
