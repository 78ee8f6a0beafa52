"""One AI system's whole way, from intake to a verified audit trail, embedded and on the platform by the same test."""

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.journey.people import BOARD
from tests.journey.places import Place, gatehouse
from tests.journey.walker import MEDIUM, Walker, wait_for

pytestmark = pytest.mark.slow


def test_one_system_goes_its_whole_way(place: Place, tmp_path: Path) -> None:
    with Walker(place) as walker:
        walker.staff()
        system_id = _submitted_and_confirmed(walker)
        review_id = walker.review_of(system_id)
        _evidence(walker, review_id)
        _decided(walker, review_id)
        _launched_with_approval(walker, system_id)
        _told_by_reporting(walker, system_id)
    for source in place.sources():
        answer = wait_for(partial(_verified, place, source), f"{source} verified up to its newest fact")
        assert answer["services"]["intake"]["size"] >= 3
        assert answer["services"]["review"]["size"] >= 10
    out = tmp_path / "export"
    exported = gatehouse("export", "--out", str(out), "--url", place.url("intake"), "--token", place.token("operator"))
    verified = gatehouse("verify", str(out))
    assert {name: one["root"] for name, one in exported["services"].items()} == {
        name: one["root"] for name, one in verified["services"].items()
    }


def _submitted_and_confirmed(walker: Walker) -> str:
    body = {"name": "Answer suggestions", "owner": "omar", "answers": MEDIUM, "product_area": "Support", "region": "gb"}
    first = walker.post("/intake/v1/intakes", "rita", body, key="journey-1")
    again = walker.post("/intake/v1/intakes", "rita", body, key="journey-1")
    assert {name: first[name] for name in ("id", "version", "position")} == {
        name: again[name] for name in ("id", "version", "position")
    }
    assert first["proposed_tier"] == "medium"
    assert any("personal data" in rule["reason"] for rule in first["fired"])
    queue = "/intake/v1/triage"
    wait_for(lambda: [one for one in walker.get(queue, "tess")["items"] if one["intake_id"] == first["id"]], "a queue")
    ruled = walker.post(f"/intake/v1/intakes/{first['id']}/confirm", "tess", {"reason": "as proposed"})
    assert ruled["tier"] == "medium"
    return str(first["system_id"])


def _evidence(walker: Walker, review_id: str) -> None:
    page = walker.get(f"/review/v1/reviews/{review_id}", "rita")
    assert page["state"] == "gathering"
    for required in page["evidence"]:
        digest = hashlib.sha256(required["artefact"].encode()).hexdigest()
        link = {
            "artefact": required["artefact"],
            "title": required["artefact"],
            "digest": digest,
            "link": f"https://evidence.example.org/{digest}",
            "owner": "omar",
            "sections": required["sections"],
        }
        walker.post(f"/review/v1/reviews/{review_id}/evidence/links", "rita", link)
    submitted = walker.post(f"/review/v1/reviews/{review_id}/submission", "rita")
    assert submitted["completeness"]["complete"] == submitted["completeness"]["required"] > 0


def _decided(walker: Walker, review_id: str) -> None:
    named = walker.digests(review_id)
    for discipline in walker.get(f"/review/v1/reviews/{review_id}", "operator")["disciplines"]:
        verdict = {"discipline": discipline, "verdict": "approve", "reason": "read and weighed", **named}
        walker.post(f"/review/v1/reviews/{review_id}/sign-offs", f"rev-{discipline}", verdict)
    refused = walker.request(
        "POST", f"/review/v1/reviews/{review_id}/votes", "rita", {"choice": "approve", "rationale": "mine", **named}
    )
    assert refused.status_code == 403
    for member in BOARD[:3]:
        vote = {"choice": "approve", "rationale": "weighed", **named}
        walker.post(f"/review/v1/reviews/{review_id}/votes", member, vote)
    closing = {"rationale": "the evidence carries it", "options": ["approve", "reject"], **named}
    decided = walker.post(f"/review/v1/reviews/{review_id}/decision", "chair", closing)
    assert decided["outcome"] == "approved"
    told = walker.get(f"/review/v1/reviews/{review_id}/clock", "rita")
    assert told["total_minutes"] == sum(one["minutes"] for one in told["held"])


def _launched_with_approval(walker: Walker, system_id: str) -> None:
    def approved() -> Any:
        return walker.get(f"/intake/v1/systems/{system_id}", "rita")["approvals"]

    wait_for(approved, "the approval at intake")
    walker.post(f"/intake/v1/systems/{system_id}/launches", "rita", {"version": "1.0"})

    def listed() -> Any:
        systems = walker.get("/intake/v1/systems", "rita")["items"]
        return [one for one in systems if one["system_id"] == system_id and one["live"]]

    assert wait_for(listed, "the launch in the list")[0]["launched_reviewed"] is True


def _told_by_reporting(walker: Walker, system_id: str) -> None:
    path = f"/reporting/v1/audit?system={system_id}"
    types = {"gatehouse.intake.system_launched.v1", "gatehouse.review.decision_recorded.v1"}

    def trail() -> Any:
        items = walker.get(path, "operator")["items"]
        return items if types <= {one["type"] for one in items} else None

    items = wait_for(trail, "the whole trail")
    assert all(one["position"] >= 0 and len(one["digest"]) == 64 for one in items)

    def counted() -> Any:
        kpis = {
            one["number"]: one for one in walker.get("/reporting/v1/kpis?product_area=Support", "operator")["items"]
        }
        return kpis if kpis[1]["numerator"] >= 1 else None

    kpis = wait_for(counted, "the first KPI's number")
    assert kpis[1]["numerator"] == kpis[1]["denominator"] == 1
    assert (kpis[3]["numerator"], kpis[3]["denominator"]) == (1, 1)
    assert kpis[2]["value"] is None, "no high-risk system is live: there is no data, not a score"


def _verified(place: Place, source: str) -> dict[str, Any] | None:
    """The answer once the newest facts are signed; until then the derived tables may be ahead of the signed log."""
    token = ["--token", place.token("operator")] if source.startswith("http") else []
    answer = gatehouse("verify", source, *token)
    return answer if answer["projections"] != "differ" else None
