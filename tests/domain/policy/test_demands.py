"""What a tier demands: evidence, disciplines, clocks; and the legal classes and targets beside it."""

from datetime import date
from typing import Any

import pytest

from shared.policy.bundle import Bundle
from shared.policy.calendar import ElapsedCalendar
from tests.domain.policy.answering import mild

_EVALUATIONS = {
    f"evaluation-{kind}": ("smoke", "required", "by-slice")
    for kind in ("performance", "robustness", "fairness", "safety")
}
TABLE = {
    "system-card": ("short", "required", "full"),
    "model-card": ("link", "required", "required"),
    "dataset-sheet": ("link", "required", "required"),
    "ml-bom": ("link", "required", "required"),
    "impact-assessment": (None, "short", "full"),
    "privacy-assessment": ("required", "required", "required"),
    "threat-model": (None, "required", "tested"),
    **_EVALUATIONS,
    "red-team-report": (None, "optional", "required"),
    "human-oversight": (None, "short", "required"),
    "user-notices": (None, "short", "required"),
    "monitoring-plan": ("health", "required", "alert-tested"),
    "incident-playbook": (None, "contact", "required"),
    "rollback-proof": (None, "contact", "required"),
    "residual-risk-acceptance": (None, "accountable-leader", "executive"),
}


@pytest.mark.parametrize("column", [0, 1, 2])
def test_the_evidence_of_each_tier_is_the_table(bundle: Bundle, column: int) -> None:
    tier = ("low", "medium", "high")[column]
    asked = {one.artefact: one.level for one in bundle.evidence_for(tier, mild(personal_data="yes"))}
    assert asked == {artefact: levels[column] for artefact, levels in TABLE.items() if levels[column] is not None}


def test_the_table_knows_every_artefact(bundle: Bundle) -> None:
    assert {artefact.id for artefact in bundle.evidence.artefacts} == set(TABLE)


def test_a_low_tier_asks_for_a_privacy_assessment_only_over_personal_data_or_unless_it_is_denied(
    bundle: Bundle,
) -> None:
    def asked(**answers: str) -> bool:
        evidence = bundle.evidence_for("low", {k: v for k, v in mild(**answers).items() if v != "unknown"})
        return "privacy-assessment" in {one.artefact for one in evidence}

    assert not asked(personal_data="no")
    assert asked(personal_data="yes")
    assert asked(personal_data="unknown")


def test_optional_evidence_is_welcome_and_not_required(bundle: Bundle) -> None:
    not_required = {one.artefact for one in bundle.evidence_for("medium", mild()) if not one.required}
    assert not_required == {"red-team-report"}


def test_a_short_form_asks_for_fewer_sections(bundle: Bundle) -> None:
    def sections(tier: str) -> tuple[str, ...]:
        return next(one.sections for one in bundle.evidence_for(tier, mild()) if one.artefact == "system-card")

    assert sections("low") == ("owner", "purpose")
    assert set(sections("low")) < set(sections("high"))


def test_nothing_is_asked_for_a_prohibited_use(bundle: Bundle) -> None:
    assert bundle.evidence_for("prohibited", mild()) == ()
    assert bundle.disciplines_for("prohibited", mild()) == ()


def test_recertification_follows_the_tier(bundle: Bundle) -> None:
    months = [bundle.tier(tier).recertification_months for tier in ("low", "medium", "high", "prohibited")]
    assert months == [24, 12, 6, None]


# --- disciplines ----------------------------------------------------------------------------------------------------


def test_a_higher_tier_needs_every_discipline_of_the_lower(bundle: Bundle) -> None:
    low, medium, high = (set(bundle.disciplines_for(tier, mild())) for tier in ("low", "medium", "high"))
    assert low < medium < high


@pytest.mark.parametrize(
    ("answers", "tier", "discipline"),
    [
        ({"personal_data": "yes"}, "low", "privacy"),
        ({"technique": ("generative",)}, "medium", "trust-safety"),
        ({"technique": ("agentic",)}, "low", "security"),
        ({"exposure": "public"}, "medium", "accessibility"),
        ({"essential_service": "yes"}, "high", "accessibility"),
        ({"exposure": "business-customers"}, "medium", "customer-assurance"),
        ({"origin": "contracted"}, "low", "vendor-management"),
        ({"delivery": "vendor-product"}, "high", "vendor-management"),
        ({"demographic_features": ("age",)}, "medium", "data-governance"),
        ({"sector": "health"}, "low", "compliance"),
    ],
)
def test_what_a_system_is_brings_its_discipline(
    bundle: Bundle, answers: dict[str, Any], tier: str, discipline: str
) -> None:
    assert discipline not in bundle.disciplines_for(tier, mild())
    assert discipline in bundle.disciplines_for(tier, mild(**answers))


def test_disciplines_come_in_the_order_of_the_bundle(bundle: Bundle) -> None:
    order = list(bundle.disciplines.disciplines)
    found = bundle.disciplines_for("high", mild(technique=("agentic",), exposure="public", origin="contracted"))
    assert list(found) == sorted(found, key=order.index)


# --- clocks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "days"),
    [("triage", (1, 1, 1)), ("review", (3, 7, 12)), ("signoff", (2, 4, 6)), ("answer", (10, 10, 10))],
)
def test_the_clocks_are_the_table_in_business_days(bundle: Bundle, kind: str, days: tuple[int, ...]) -> None:
    rules = [bundle.clock(kind, tier) for tier in ("low", "medium", "high")]
    assert tuple(rule.amount for rule in rules) == days
    assert {(rule.unit, rule.basis, rule.reminders) for rule in rules} == {("day", "business", (50, 80))}
    assert [rule.minutes(bundle.calendar("us")) for rule in rules] == [day * 480 for day in days]


def test_incidents_run_on_elapsed_time(bundle: Bundle) -> None:
    spans = {
        severity: (clocks.acknowledge.amount, clocks.acknowledge.unit, clocks.review.amount)
        for severity, clocks in bundle.clocks.incidents.items()
    }
    assert spans == {
        "critical": (1, "hour", 2),
        "high": (4, "hour", 5),
        "medium": (1, "day", 10),
        "low": (1, "day", 10),
    }


def test_a_day_is_the_calendars_own(bundle: Bundle) -> None:
    rule = bundle.clock("review", "low")
    assert rule.minutes(ElapsedCalendar()) == 3 * 24 * 60
    assert rule.minutes(bundle.calendar("us")) == 3 * 8 * 60


def test_breaches_climb_from_the_lead_to_the_executive_and_the_programme_manager_hears_of_each(bundle: Bundle) -> None:
    escalation = bundle.clocks.escalation
    assert [step.role for step in escalation.chain] == ["discipline_lead", "head_of_ai_governance", "executive"]
    assert escalation.inform == ("programme_manager",)


def test_acceptances_post_launch_reviews_and_notices_are_dated(bundle: Bundle) -> None:
    assert bundle.clocks.acceptance.longest_months == {"low": 12, "medium": 6, "high": 3}
    assert bundle.clocks.acceptance.warn_days_before == (30, 7)
    assert bundle.clocks.mitigation.remind_days_before == (7, 1)
    assert bundle.clocks.post_launch_days == {"low": (180,), "medium": (90,), "high": (30, 90)}
    assert sorted(notice.calendar_days for notice in bundle.clocks.notices) == [2, 10, 15]


# --- legal classes and targets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "answers"),
    [
        ("eu-ai-act-high-risk-annex-iii", {"annex_iii_area": ("education",), "jurisdictions": ("eu",)}),
        ("eu-ai-act-high-risk-annex-iii", {"annex_iii_area": ("education",)}),
        ("eu-ai-act-high-risk-annex-i", {"regulated_product": "yes"}),
        ("eu-ai-act-transparency", {"technique": ("generative",), "exposure": "public"}),
        (
            "nyc-aedt",
            {"consequential_decisions": ("employment",), "output": ("ranking",), "jurisdictions": ("us-nyc",)},
        ),
        ("colorado-admt-2026", {"consequential_decisions": ("housing",), "jurisdictions": ("us-co",)}),
    ],
)
def test_a_legal_class_stands_beside_the_tier_with_its_date(
    bundle: Bundle, label: str, answers: dict[str, Any]
) -> None:
    assert label not in {one.id for one in bundle.labels_for(mild())}
    found = {one.id: one for one in bundle.labels_for(mild(**answers))}
    assert found[label].applies_from >= date(2023, 7, 5)
    assert found[label].source


def test_a_class_of_the_union_does_not_reach_a_system_used_elsewhere(bundle: Bundle) -> None:
    answers = mild(annex_iii_area=("education",), jurisdictions=("us",))
    assert bundle.labels_for(answers) == ()


@pytest.mark.parametrize(
    ("kpi", "numerator", "denominator", "met"),
    [
        ("coverage", 8500, 100, [True, False]),
        ("coverage", 9500, 100, [True, True]),
        ("coverage", 8499, 100, [False, False]),
        ("coverage", 0, 0, [None, None]),
        ("high-risk-coverage", 9500, 100, [True]),
        ("review-sla", 9000, 100, [True, True]),
        ("time-to-decision", 29, 1, [False, True, False]),
        ("time-to-decision", 13, 2, [True, True, True]),
        ("time-to-decision", 7, 1, [False, True, True]),
        ("evidence-completeness", 8999, 100, [False]),
    ],
)
def test_a_figure_is_held_against_its_targets_and_no_data_is_no_verdict(
    bundle: Bundle, kpi: str, numerator: int, denominator: int, met: list[bool | None]
) -> None:
    (found,) = [one for one in bundle.kpis if one.id == kpi]
    assert [target.met(numerator, denominator) for target in found.targets] == met
