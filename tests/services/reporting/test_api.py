"""Reporting over HTTP: the audit trail, KPIs as of any date in either time, and the facts behind them."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.events.reporting import LogVerified
from shared.events.review import DisciplineAssigned, RecusalDeclared, ResponsibilityChanged
from tests.contracts.runtime.notes_site import code_of
from tests.domain.reporting.facts import at, clock_started, launched
from tests.services.reporting.fixtures import Tell
from tests.services.reporting.site import ReportingSite
from tests.services.reporting.stories import portfolio

Headers = Callable[..., dict[str, str]]
MakeSite = Callable[..., ReportingSite]
NOW = "2026-02-24 12:00"


@pytest.fixture
async def site(make_site: MakeSite, tell: Tell) -> ReportingSite:
    await tell(portfolio())
    return make_site(NOW)


@pytest.fixture
def ask(site: ReportingSite, token_of: Headers) -> Callable[..., Any]:
    """The answer to a question of an auditor, or of somebody in other groups."""

    async def get(path: str, *groups: str, **params: Any) -> Any:
        headers = token_of(*(groups or ("auditors",)))
        answer = await site.client.get(f"/reporting/v1/{path}", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def numbers(kpis: Any) -> dict[str, tuple[float, float]]:
    return {one["id"]: (one["numerator"], one["denominator"]) for one in kpis["items"]}


async def everything(ask: Callable[..., Any], path: str, **params: Any) -> list[Any]:
    """All pages of a list."""
    found, cursor = [], None
    while True:
        page = await ask(path, **params, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


async def test_the_audit_trail_holds_every_fact_newest_first(ask: Callable[..., Any]) -> None:
    told = portfolio().records
    found = await everything(ask, "audit", limit=7)
    assert len(found) == len(told)
    assert {(one["service"], one["position"]) for one in found} == {
        (record.partition.topic.split(".")[1], record.position) for record in told
    }
    order = [(one["recorded"], one["service"], one["position"]) for one in found]
    assert order == sorted(order, reverse=True)


async def test_each_entry_has_its_digest_its_actor_and_the_way_to_its_proof(ask: Callable[..., Any]) -> None:
    told = {record.headers["event_id"].decode(): record for record in portfolio().records}
    for one in await everything(ask, "audit", limit=500):
        assert one["digest"] == told[one["event_id"]].headers["leaf"].decode()
        assert one["proof"] == f"/{one['service']}/v1/log/proof/{one['event_id']}"
        assert one["actor"] == told[one["event_id"]].envelope.authid


async def test_the_trail_is_searched_by_system_person_kind_and_period(ask: Callable[..., Any]) -> None:
    of_one = await everything(ask, "audit", system="s-3")
    assert {one["system_id"] for one in of_one} == {"s-3"}
    assert {one["service"] for one in of_one} == {"intake", "review"}
    kind = "gatehouse.review.decision_recorded.v1"
    assert {one["stream"] for one in await everything(ask, "audit", kind=kind)} == {"review/r-s-1", "review/r-s-2"}
    january = await everything(ask, "audit", period="2026-01")
    assert january
    assert all(one["recorded"].startswith("2026-01") for one in january)
    late = [one for one in await everything(ask, "audit", period="2026-02") if one["stream"] == "discovery/d-1"]
    assert [one["time"][:10] for one in late] == ["2026-01-20"]


async def test_a_person_is_found_where_they_acted_and_where_they_are_named(ask: Callable[..., Any]) -> None:
    chaired = await everything(ask, "audit", person="chair-1")
    assert {one["type"] for one in chaired} == {"gatehouse.review.decision_recorded.v1"}
    told = await everything(ask, "audit", person="head-1")
    assert told[0]["type"] == "gatehouse.review.escalated.v1"
    assert {one["type"] for one in told[1:]} == {"gatehouse.review.appointment_made.v1"}
    assert await everything(ask, "audit", person="stranger") == []


async def test_kpis_answer_for_now_and_for_a_past_day(ask: Callable[..., Any]) -> None:
    assert numbers(await ask("kpis")) == {
        "coverage": (3, 5),
        "high-risk-coverage": (1, 1),
        "review-sla": (2, 2),
        "time-to-decision": (30, 2),
        "evidence-completeness": (18, 24),
    }
    early = await ask("kpis", as_of="2026-01-03")
    assert early["as_of"] == "2026-01-03T23:59:59.999999Z"
    assert numbers(early)["coverage"] == (2, 2)
    assert [one["value"] for one in early["items"][1:]] == [None, None, None, None]


async def test_what_was_true_then_and_what_we_knew_then_differ(ask: Callable[..., Any]) -> None:
    assert numbers(await ask("kpis", as_of="2026-01-31"))["coverage"] == (2, 3)
    assert numbers(await ask("kpis", as_of="2026-01-31", time="known"))["coverage"] == (2, 2)


async def test_open_breaches_and_targets_are_told(ask: Callable[..., Any]) -> None:
    found = {one["id"]: one for one in (await ask("kpis"))["items"]}
    sla = found["review-sla"]
    assert (sla["value"], sla["beside"]["numerator"], sla["beside"]["denominator"]) == (1, 2, 3)
    assert (sla["met"], sla["mature"]) == (True, True)
    assert [(goal["stage"], goal["at_least"]) for goal in sla["goals"]] == [("target", 80), ("mature", 90)]
    assert found["coverage"]["met"] is False
    days = found["time-to-decision"]
    assert (days["value"], days["beside"]["value"]) == (15, 11)
    assert days["spread"] == {"mean": 15, "median": 15, "p90": 15}
    assert {one["tier"]: one["met"] for one in days["by_tier"]} == {"high": True, "low": False}


async def test_kpis_tell_at_which_positions_they_were_computed(
    ask: Callable[..., Any], site: ReportingSite, tell: Tell
) -> None:
    stood = {one["service"]: one for one in (await ask("kpis"))["computed_at"]}
    assert stood["intake"]["position"] == stood["intake"]["facts"] - 1
    assert {one["missing"] for one in stood.values()} == {0}
    known = {one["service"]: one for one in (await ask("kpis", as_of="2026-01-04", time="known"))["computed_at"]}
    assert known["reporting"]["counted_to"] == -1
    before = [record for record in portfolio().records if record.envelope.recordedtime < at("2026-01-05")]
    told = [record.position for record in before if "intake" in record.partition.topic]
    assert known["intake"]["counted_to"] == max(told)


async def test_the_facts_behind_a_number_add_up_to_it(ask: Callable[..., Any]) -> None:
    for one in (await ask("kpis"))["items"]:
        cases = await everything(ask, f"kpis/{one['id']}/facts", limit=2)
        assert sum(case["numerator"] for case in cases) == one["numerator"], one["id"]
        assert sum(case["denominator"] for case in cases) == one["denominator"], one["id"]
        assert all(case["facts"] for case in cases)
    behind = {case["system_id"]: case for case in await everything(ask, "kpis/high-risk-coverage/facts")}
    assert [fact["type"].split(".")[2] for fact in behind["s-1"]["facts"]] == [
        "system_launched",
        "tier_confirmed",
        "decision_recorded",
    ]


async def test_segments_and_periods_narrow_a_kpi(ask: Callable[..., Any]) -> None:
    assert numbers(await ask("kpis", tier="low"))["evidence-completeness"] == (7, 8)
    assert numbers(await ask("kpis", product_area="Loans"))["evidence-completeness"] == (11, 16)
    assert numbers(await ask("kpis", period="2026-02"))["evidence-completeness"] == (4, 8)
    assert numbers(await ask("kpis", period="2026-Q1"))["evidence-completeness"] == (18, 24)
    trend = await ask("kpis/evidence-completeness/trend", months=3)
    assert [(one["period"], one["value"]) for one in trend["items"]] == [
        ("2025-12", None),
        ("2026-01", 0.875),
        ("2026-02", 0.5),
    ]


async def test_the_portfolio_counts_and_lists_the_same_systems(ask: Callable[..., Any]) -> None:
    tiers = {one.pop("tier"): one for one in (await ask("portfolio"))["tiers"]}
    assert {tier: one["systems"] for tier, one in tiers.items()} == {"high": 2, "low": 1, "medium": 1}
    for tier, row in tiers.items():
        for column, number in row.items():
            assert len(await everything(ask, "portfolio", tier=tier, show=column, limit=1)) == number, (tier, column)
    everyone = await everything(ask, "portfolio")
    assert {one["system_id"]: one["status"] for one in everyone} == {
        "s-1": "live",
        "s-2": "live",
        "s-3": "in review",
        "s-4": "in triage",
        "s-5": "retired",
    }


async def test_running_clocks_name_their_holders_and_what_is_overdue(ask: Callable[..., Any]) -> None:
    found = await ask("clocks")
    assert found["running"] == 2
    assert [(one["system_id"], one["clock"], one["holder"], one["overdue"]) for one in found["items"]] == [
        ("s-3", "review", "reviewer-1", True),
        ("s-4", "triage", "role:triager", True),
    ]


async def test_whoever_holds_a_clock_is_found_as_of_now(make_site: MakeSite, tell: Tell, token_of: Headers) -> None:
    story = portfolio()
    when, due = "2026-02-23 10:00", "2026-03-01"
    story.tell(when, clock_started("r-s-3", when, due, "signoff:privacy", "reviewer:privacy"), system="s-3")
    story.tell(when, clock_started("r-s-3", when, due, "signoff:legal", "reviewer:legal"), system="s-3")
    story.tell(when, clock_started("r-s-3", when, due, "signoff:security", "reviewer:security"), system="s-3")
    taken = DisciplineAssigned(review_id="r-s-3", discipline="security", reviewer="reviewer-9", by="p-1")
    story.tell(when, taken, system="s-3")
    for gone in ("legal", "data"):
        given = DisciplineAssigned(review_id="r-s-3", discipline=gone, reviewer=f"gone-{gone}", by="p-1")
        story.tell(when, given, system="s-3")
    back = RecusalDeclared(review_id="r-s-3", by="gone-legal", capacity="reviewer", reason="I built it")
    story.tell(when, back, system="s-3")
    moved = ResponsibilityChanged(review_id="r-s-3", owner="gone-data", joined=(), as_of=at(when))
    story.tell(when, moved, system="s-3")
    story.tell(when, clock_started("r-s-3", when, due, "signoff:data", "reviewer:data"), system="s-3")
    story.tell(when, clock_started("r-s-3", when, due, "vote", "board"), system="s-3")
    story.tell(when, clock_started("r-s-3", when, due, "gathering", "submitter"), system="s-3")
    await tell(story)
    site = make_site(NOW)
    found = (await site.client.get("/reporting/v1/clocks", headers=token_of("auditors"))).json()["items"]
    assert {one["clock"]: one["people"] for one in found if one["system_id"] == "s-3"} == {
        "review": ["reviewer-1"],
        "signoff:privacy": ["reviewer-1"],
        "signoff:legal": [],
        "signoff:security": ["reviewer-9"],
        "signoff:data": ["lead-1"],
        "vote": ["chair-2"],
        "gathering": ["requester-1"],
    }
    shown = (await site.client.get("/", headers=token_of("auditors"))).text
    assert "any reviewer (legal)" in shown
    assert "Jonas Berg" in shown


async def test_notices_name_their_addressees(ask: Callable[..., Any]) -> None:
    found = [(one["kind"], one["system_id"], one["addressee"]) for one in (await ask("notices"))["items"]]
    assert found == [
        ("escalation", "s-4", "role:programme_manager"),
        ("reminder", "s-4", "role:triager"),
        ("escalation", "s-3", "head-1"),
        ("reminder", "s-3", "reviewer-1"),
        ("escalation", "s-5", "role:head_of_ai_governance"),
    ]


async def test_a_narrower_scope_shows_its_own_systems_alone(ask: Callable[..., Any]) -> None:
    assert {one["system_id"] for one in (await ask("portfolio", "cards"))["items"]} == {"s-1", "s-4", "s-5"}
    assert numbers(await ask("kpis", "cards"))["coverage"] == (1, 3)
    assert {one["system_id"] for one in (await ask("audit", "cards"))["items"]} == {"s-1", "s-4", "s-5"}
    assert {one["system_id"] for one in (await ask("clocks", "cards"))["items"]} == {"s-4"}
    assert {one["system_id"] for one in (await ask("notices", "cards"))["items"]} == {"s-4", "s-5"}
    assert [one["subject"] for one in (await ask("kpis/coverage/facts", "cards"))["items"]] == ["d-1", "s-4", "s-1"]
    assert {one["system_id"] for one in (await ask("portfolio", "one"))["items"]} == {"s-2"}
    assert {one["system_id"] for one in (await ask("audit", "one"))["items"]} == {"s-2"}
    assert (await ask("portfolio", "nobody"))["items"] == []
    assert (await ask("audit", "nobody"))["items"] == []
    assert [one["value"] for one in (await ask("kpis", "nobody"))["items"]] == [None] * 5


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("kpis?as_of=2026-02-30", 422, "invalid-query"),
        ("kpis?as_of=2026-02-24T11:00:00", 422, "invalid-query"),
        ("kpis?as_of=2026-02-25", 422, "invalid-query"),
        ("kpis?as_of=9999-12-31", 422, "invalid-query"),
        ("kpis?as_of=0001-01-01T00:00:00%2B14:00", 422, "invalid-query"),
        ("kpis/coverage/trend?as_of=0001-01-01", 422, "invalid-query"),
        ("kpis/coverage/trend?as_of=1969-12-31", 422, "invalid-query"),
        ("kpis?time=maybe", 422, "invalid-query"),
        ("kpis?period=2026-13", 422, "invalid-query"),
        ("kpis?period=9999-12", 422, "invalid-query"),
        ("audit?limit=501", 422, "invalid-query"),
        ("audit?cursor=abc", 422, "invalid-query"),
        ("portfolio?show=some", 422, "invalid-query"),
        ("audit?system=%00", 422, "invalid-query"),
        ("audit?kind=a%0Ab", 422, "invalid-query"),
        ("kpis?tier=%1f", 422, "invalid-query"),
        ("portfolio?tier=%00", 422, "invalid-query"),
        ("kpis/nothing/facts", 404, "not-found"),
        ("kpis/coverage/trend?months=61", 422, "invalid-query"),
    ],
)
async def test_questions_that_make_no_sense_are_refused(
    site: ReportingSite, token_of: Headers, path: str, status: int, code: str
) -> None:
    answer = await site.client.get(f"/reporting/v1/{path}", headers=token_of("auditors"))
    assert code_of(answer) == (status, code)


async def test_nobody_reads_without_a_token(site: ReportingSite) -> None:
    for path in ("kpis", "audit", "portfolio", "clocks", "notices", "verification", "kpis/coverage/facts"):
        assert code_of(await site.client.get(f"/reporting/v1/{path}")) == (401, "unauthenticated")


async def test_an_empty_installation_has_no_data_and_no_score(
    make_site: MakeSite, tell: Tell, token_of: Headers
) -> None:
    site = make_site(NOW)
    found = (await site.client.get("/reporting/v1/kpis", headers=token_of("auditors"))).json()
    assert [(one["numerator"], one["denominator"], one["value"], one["met"]) for one in found["items"]] == [
        (0, 0, None, None)
    ] * 5
    assert found["computed_at"] == []
    logs = (await site.client.get("/reporting/v1/verification", headers=token_of("auditors"))).json()
    assert logs["intact"] is None


async def test_a_failed_log_stays_failed_until_all_of_it_is_intact_again(
    make_site: MakeSite, tell: Tell, token_of: Headers
) -> None:
    story = portfolio()
    await tell(story)
    site = make_site("2026-02-26")

    async def state() -> Any:
        found = (await site.client.get("/reporting/v1/verification", headers=token_of("auditors"))).json()
        return found["intact"], {one["service"]: (one["intact"], one["first_bad"]) for one in found["items"]}

    assert await state() == (
        False,
        {"intake": (True, None), "review": (False, 3), "monitoring": (None, None), "reporting": (None, None)},
    )
    for day, whole in (("2026-02-25", False), ("2026-02-25 01:00", True)):
        found = LogVerified(
            service="review",
            size=20,
            root="cg==",
            whole=whole,
            intact=True,
            first_bad=None,
            reason="",
            verified_at=at(day),
        )
        story.tell(day, found)
        await tell(story)
        assert (await state())[1]["review"] == ((True, None) if whole else (False, 3))


async def test_a_launch_learned_of_late_changes_what_was_true_but_not_what_was_known(
    ask: Callable[..., Any], tell: Tell
) -> None:
    before = numbers(await ask("kpis", as_of="2026-02-10", time="known"))
    story = portfolio()
    story.tell("2026-02-05", launched("s-4", "2026-02-05", reviewed=False), recorded="2026-02-23")
    await tell(story)
    assert numbers(await ask("kpis", as_of="2026-02-10", time="known")) == before
    assert numbers(await ask("kpis"))["high-risk-coverage"] == (1, 2)


@pytest.mark.parametrize("path", ["audit", "portfolio", "kpis/coverage/facts"])
@pytest.mark.parametrize("after", [(), ("x",), ("x", "y", "z"), (1, 2, 3), ("x", 1), (1 << 70, "x"), ("\0", "y")])
async def test_a_cursor_that_somebody_made_up_is_refused(
    site: ReportingSite, token_of: Headers, path: str, after: tuple[str | int, ...]
) -> None:
    from shared.runtime.cursors import page_of

    made_up = page_of(f"/reporting/v1/{path}", "", None, None).next(after)
    answer = await site.client.get(f"/reporting/v1/{path}", params={"cursor": made_up}, headers=token_of("auditors"))
    assert code_of(answer) == (422, "invalid-query")
