"""`gatehouse demo`, whole: what it says is what the logs hold, and every fate left the facts that it promises."""

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from shared.runtime.minting import local_token
from shared.runtime.settings import Settings
from tests.house.tree import ROOT
from tests.journey.example_records import Recorded, Records
from tests.journey.places import GATEHOUSE, gatehouse
from tests.journey.walker import wait_for

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(900)]
END = "2026-11-23"
FATES: dict[str, str] = {
    system["name"]: system["fate"]
    for system in yaml.safe_load((ROOT / "services" / "example" / "portfolio.yaml").read_text())["systems"]
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "demo"


@pytest.fixture(scope="module")
def said(folder: Path) -> dict[str, Any]:
    """What the command says; another installation's databases in its environment do not lead it astray."""
    elsewhere = {"GATEHOUSE_KAFKA_BOOTSTRAP": "127.0.0.1:1", "GATEHOUSE_LOG_DOMAIN": "log.example.org"}
    command = [GATEHOUSE, "demo", "--once", "--json", "--data", folder, "--end", END]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **elsewhere})
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def records(folder: Path, said: dict[str, Any]) -> Records:
    return Records(folder)


def test_it_is_verified_and_says_the_roots_of_its_logs(said: dict[str, Any], records: Records) -> None:
    assert said["verified"] is True
    assert said["projections"] == "same"
    assert said["log"] == records.log()
    assert said["events"] == len(records.events) == sum(log["size"] for log in said["log"].values())


def test_systems_reviews_and_clocks_are_those_of_the_log(said: dict[str, Any], records: Records) -> None:
    tiers = {event.data["system_id"]: event.data["tier"] for event in records.of("intake.tier_proposed")}
    tiers |= {event.data["system_id"]: event.data["tier"] for event in records.of("intake.tier_confirmed")}
    assert said["systems"] == len(tiers) == len(FATES) == sum(said["tiers"].values())
    assert said["tiers"] == Counter(tiers.values())
    assert min(said["tiers"][tier] for tier in ("low", "medium", "high")) >= 15
    assert said["tiers"]["prohibited"] >= 1
    ended = Counter(event.data["outcome"] for event in records.of("review.decision_recorded"))
    ended["withdrawn"] = len(records.of("review.withdrawn"))
    ended["open"] = len(records.of("review.opened")) - ended.total()
    assert said["reviews"] == ended
    kinds, stopped = records.kinds(), Counter(event.data["within"] for event in records.of("review.clock_stopped"))
    steps = ("review.escalated", "intake.triage_breached", "intake.triage_escalated", "intake.launch_escalated")
    escalated = sum(kinds[one] for one in steps)
    assert said["clocks"] == {
        "met": stopped[True],
        "missed": stopped[False],
        "breached": kinds["review.clock_breached"] + kinds["intake.triage_breached"],
        "paused": kinds["review.clock_paused"],
        "reminders": kinds["review.clock_reminded"] + kinds["intake.triage_reminded"],
        "escalations": escalated,
    }


def test_the_kpis_are_those_of_the_log(said: dict[str, Any], records: Records) -> None:
    kpis = {kpi["number"]: kpi for kpi in said["kpis"]}
    assert sorted(kpis) == [1, 2, 3, 4, 5]
    gone = {event.key for event in records.of("intake.system_retired", "intake.system_merged", "intake.withdrawn")}
    active = set(records.names.values()) - gone
    confirmed = {event.key for event in records.of("intake.tier_confirmed")} & active
    lost = len(records.of("intake.system_discovered")) - len(records.of("intake.discovery_settled"))
    assert (kpis[1]["numerator"], kpis[1]["denominator"]) == (len(confirmed), len(active) + lost)
    decisions = records.of("review.decision_recorded")
    assert (kpis[3]["numerator"], kpis[3]["denominator"]) == (
        sum(event.data["within"] for event in decisions),
        len(decisions),
    )
    assert kpis[4]["denominator"] == len(decisions)
    scores = records.of("review.completeness_scored")
    assert (kpis[5]["numerator"], kpis[5]["denominator"]) == (
        sum(event.data["complete"] for event in scores),
        sum(event.data["required"] for event in scores),
    )
    for kpi in kpis.values():
        assert kpi["value"] == pytest.approx(kpi["numerator"] / kpi["denominator"], abs=1e-6)


def test_the_highest_risk_coverage_misses_what_was_launched_unreviewed(said: dict[str, Any], records: Records) -> None:
    high = {event.key: event.data["high_risk"] for event in records.of("intake.tier_confirmed")}
    gone = {event.key for event in records.of("intake.system_retired", "intake.system_merged")}
    latest = {event.key: event.data["reviewed"] for event in records.of("intake.system_launched")}
    live = {key: reviewed for key, reviewed in latest.items() if high[key] and key not in gone}
    kpi = next(kpi for kpi in said["kpis"] if kpi["number"] == 2)
    assert (kpi["numerator"], kpi["denominator"]) == (sum(live.values()), len(live))
    assert kpi["numerator"] < kpi["denominator"]


def of(system: list[Recorded], kind: str, **data: Any) -> list[Recorded]:
    return [one for one in system if one.kind == kind and all(one.data.get(k) == v for k, v in data.items())]


def swift(system: list[Recorded]) -> None:
    """Nothing went wrong, however far it has come."""
    assert of(system, "intake.tier_confirmed")
    assert not of(system, "review.clock_breached")
    assert not of(system, "review.signed_off", verdict="reject")
    assert all(one.data["reviewed"] for one in of(system, "intake.system_launched"))


def thorough(system: list[Recorded]) -> None:
    (decided,) = of(system, "review.decision_recorded")
    assert decided.data["outcome"] == "approved_with_conditions"
    imposed = {one.data["condition_id"] for one in of(system, "review.condition_imposed")}
    assert len(imposed) >= 3
    assert imposed == {one.data["condition_id"] for one in of(system, "review.condition_met")}
    (launched,) = of(system, "intake.system_launched", reviewed=True)
    assert launched.event["time"] > of(system, "review.condition_met")[-1].event["time"]


def late(system: list[Recorded]) -> None:
    assert of(system, "intake.triage_breached")
    assert of(system, "review.clock_reminded", percent=80)
    breaches = of(system, "review.clock_breached")
    assert {one.data["clock"].partition(":")[0] for one in breaches} == {"signoff", "review"}
    assert len({one.data["role"] for one in of(system, "review.escalated")}) >= 2
    assert all(not one.data["within"] for one in of(system, "review.decision_recorded"))


def sent_back(system: list[Recorded]) -> None:
    (asked,) = of(system, "review.signed_off", verdict="request_changes")
    (answered,) = of(system, "review.changes_answered")
    paused = of(system, "review.clock_paused")
    assert len(paused) == len(of(system, "review.clock_resumed")) >= 1
    assert {one.data["holder"] for one in paused} == {"submitter"}
    assert of(system, "review.clock_started", clock="answer", holder="submitter")
    assert [one for one in of(system, "review.evidence_attached") if one.data.get("supersedes")]
    (decided,) = of(system, "review.decision_recorded", outcome="approved")
    assert asked.event["time"] < answered.event["time"] < decided.event["time"]
    assert decided.data["submitter_seconds"] > 0


def changed(system: list[Recorded]) -> None:
    (declared,) = of(system, "intake.material_change_declared", round=2)
    assert declared.data["difference"]
    assert [one.data["round"] for one in of(system, "review.opened")] == [1, 2]
    assert [one.data["material_change"] for one in of(system, "review.opened")] == [False, True]
    assert len(of(system, "review.decision_recorded")) == 2
    assert [one.data["version"] for one in of(system, "intake.system_launched", reviewed=True)] == ["1.0", "2.0"]


def retired(system: list[Recorded]) -> None:
    (launched,) = of(system, "intake.system_launched", reviewed=True)
    (ended,) = of(system, "intake.system_retired")
    assert launched.event["time"][:10] < ended.event["time"][:10]


def withdrawn(system: list[Recorded]) -> None:
    assert len(of(system, "intake.withdrawn")) == len(of(system, "review.withdrawn")) == 1
    assert not of(system, "review.decision_recorded")
    assert not of(system, "intake.system_launched")


def merged(system: list[Recorded]) -> None:
    assert len(of(system, "intake.system_merged")) == len(of(system, "review.withdrawn")) == 1


def rejected(system: list[Recorded]) -> None:
    assert of(system, "review.signed_off", verdict="reject")
    (decided,) = of(system, "review.decision_recorded", outcome="rejected", authority="board")
    assert decided.data["votes_against"] > decided.data["votes_for"]
    assert not of(system, "intake.system_launched")


def prohibited(system: list[Recorded]) -> None:
    (refused,) = of(system, "intake.confirmation_refused")
    (confirmed,) = of(system, "intake.tier_confirmed", tier="prohibited", prohibited=True)
    assert refused.data["by"] != confirmed.data["by"]
    assert not of(system, "review.opened")
    assert not of(system, "intake.system_launched")


def unreviewed(system: list[Recorded]) -> None:
    first = of(system, "intake.system_launched")[0]
    assert first.data["reviewed"] is False
    assert len(of(system, "intake.launch_escalated")) == 1
    (decided,) = of(system, "review.decision_recorded", outcome="approved")
    assert decided.event["time"] > first.event["time"]


def gaps(system: list[Recorded]) -> None:
    (scored,) = of(system, "review.completeness_scored")
    assert scored.data["complete"] < scored.data["required"]
    reasons = {gap for item in scored.data["items"] for gap in item["gaps"]}
    assert "it is not on the table" in reasons
    assert any("is not filled in" in gap for gap in reasons)
    assert any("it was valid until" in gap for gap in reasons)
    assert of(system, "review.decision_recorded", outcome="approved_with_conditions", authority="board")
    assert len(of(system, "review.condition_met")) == len(of(system, "review.condition_imposed")) >= 3


def dispute(system: list[Recorded]) -> None:
    (insisted,) = of(system, "review.signed_off", discipline="security", verdict="request_changes")
    (refused,) = of(system, "review.approval_refused")
    assert refused.data["by"] == of(system, "review.opened")[0].data["owner"]
    assert {one.data["role"] for one in of(system, "review.escalated")} >= {"head_of_ai_governance", "executive"}
    (decided,) = of(system, "review.decision_recorded", authority="board")
    assert len(decided.data["dissent"]) == 1
    assert any("accept the residual risk" in option for option in decided.data["options"])
    mitigation = next(
        one for one in of(system, "review.condition_imposed") if one.data["imposed_by"] == "discipline:security"
    )
    (met,) = of(system, "review.condition_met", condition_id=mitigation.data["condition_id"])
    (launched,) = of(system, "intake.system_launched", reviewed=True)
    assert insisted.event["time"] < decided.event["time"] < met.event["time"] < launched.event["time"]


def waiting(system: list[Recorded]) -> None:
    assert of(system, "intake.tier_proposed")
    assert not of(system, "intake.tier_confirmed")


PROMISES: Mapping[str, Callable[[list[Recorded]], None]] = {
    "swift": swift,
    "thorough": thorough,
    "late": late,
    "sent-back": sent_back,
    "changed": changed,
    "retired": retired,
    "withdrawn": withdrawn,
    "merged": merged,
    "rejected": rejected,
    "prohibited": prohibited,
    "unreviewed": unreviewed,
    "gaps": gaps,
    "dispute": dispute,
    "waiting": waiting,
}
NOT_OVER = {"Listing writer"}
"""Still under way when the play ends."""


@pytest.mark.parametrize("name", sorted(set(FATES) - NOT_OVER))
def test_a_fate_leaves_the_facts_that_it_promises(name: str, records: Records) -> None:
    PROMISES[FATES[name]](records.system(name))


def test_every_fate_is_played(records: Records) -> None:
    assert set(FATES.values()) == set(PROMISES)
    assert set(records.names) == set(FATES)


def test_offices_are_given_lent_and_taken_back(records: Records) -> None:
    kinds = records.kinds()
    assert kinds["review.appointment_made"] >= 20
    assert kinds["review.appointment_ended"] == 1
    assert kinds["review.delegation_given"] == 2
    assert [event for event in records.of("review.vote_cast") if event.data.get("on_behalf_of")]
    assert kinds["review.recusal_declared"] == kinds["review.discipline_assigned"] == 1
    (recused,) = records.of("review.recusal_declared")
    assert set(recused.data["reason"]) >= {"person", "nonce", "text"}, "why somebody steps back is sealed"


def test_asked_for_again_it_shows_the_same_and_adds_nothing(folder: Path, said: dict[str, Any]) -> None:
    again = gatehouse("demo", "--once", "--data", str(folder))
    assert again == said


def test_verify_and_export_take_it_as_any_other_folder(folder: Path, said: dict[str, Any], tmp_path: Path) -> None:
    verified = gatehouse("verify", str(folder))
    assert verified["verified"] is True
    assert verified["projections"] == "same"
    exported = gatehouse("export", "--data", str(folder), "--out", str(tmp_path / "export"))
    assert exported["services"] == said["log"]


def test_then_it_serves_on_with_the_clocks_that_are_still_open(folder: Path, records: Records) -> None:
    """Last in this file: from here on, facts of real time are added."""
    open_reviews = {event.data["review_id"] for event in records.of("review.opened")} - {
        event.data["review_id"] for event in records.of("review.decision_recorded", "review.withdrawn")
    }
    assert open_reviews
    log = folder.parent / "serve.log"
    with log.open("w") as errors:
        command = [GATEHOUSE, "demo", "--data", folder, "--port", "0"]
        serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert serving.stdout is not None
    try:
        shown: list[str] = []
        for line in serving.stdout:
            shown.append(line)
            if line.startswith("ready "):
                break
        assert shown, log.read_text()[-3000:]
        assert any("Logs: verified" in line for line in shown)
        ready = shown[-1]
        _is_marked_as_example(ready.split()[1], folder)
        found = wait_for(lambda: _all_clocks_run(folder), "a clock for everything that is open")
        assert found["expected"] >= len(open_reviews)
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.wait(timeout=60)
        serving.stdout.close()


def _is_marked_as_example(url: str, folder: Path) -> None:
    headers = {"Authorization": f"Bearer {local_token(Settings(data=folder), 'operator')}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=30) as client:
        assert client.get("/reporting/v1/kpis").json()["example"] is True
        assert "xample" in client.get("/").text


def _all_clocks_run(folder: Path) -> dict[str, Any] | None:
    found = gatehouse("workflows", "reconcile", "--data", str(folder))
    return found if found["running"] == found["expected"] else None
