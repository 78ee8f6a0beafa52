"""KPI 1 and 2: what the programme has seen of what exists, and how much of the risk went through the gate."""

from services.reporting.domain.cases import Question
from services.reporting.domain.coverage import coverage, high_risk_coverage
from services.reporting.domain.cut import Cut
from services.reporting.domain.kpis import Segment
from tests.domain.reporting.facts import (
    at,
    confirmed,
    decided,
    discovered,
    launched,
    opened,
    overridden,
    proposed,
    registered,
    retired,
    settled,
    submitted,
    withdrawn,
)
from tests.domain.reporting.given import Happened, ask, book_of, wanted

PORTFOLIO = [
    Happened("2026-01-05", registered("a", "Cards")),
    Happened("2026-01-05", proposed("a", "high")),
    Happened("2026-01-06", confirmed("a", "high", area="Cards")),
    Happened("2026-01-10", registered("b", "Loans")),
    Happened("2026-01-10", proposed("b", "low")),
    Happened("2026-01-20", discovered("d1", "Loans")),
    Happened("2026-01-25", discovered("d2", "Cards")),
]


def test_a_registered_system_counts_once_its_tier_is_confirmed() -> None:
    ask("coverage", PORTFOLIO, "2026-01-31").then(1, 4)
    ask("coverage", [*PORTFOLIO, Happened("2026-01-30", confirmed("b", "low"))], "2026-01-31").then(2, 4)


def test_an_empty_portfolio_has_no_data_rather_than_a_score() -> None:
    target = wanted("coverage", at_least=85)
    ask("coverage", [], "2026-01-31", policy=target).no_data().then(0, 0)
    ask("coverage", PORTFOLIO, "2026-01-01", policy=target).no_data()


def test_coverage_of_a_past_day_is_what_was_true_on_it() -> None:
    ask("coverage", PORTFOLIO, "2026-01-05 12:00").then(0, 1)
    ask("coverage", PORTFOLIO, "2026-01-06").then(1, 1)
    ask("coverage", PORTFOLIO, "2026-01-22").then(1, 3)


def test_a_discovery_reported_late_was_true_before_it_was_known() -> None:
    facts = [*PORTFOLIO, Happened("2026-01-02", discovered("d3"), recorded="2026-02-10")]
    ask("coverage", facts, "2026-01-31", "true").then(1, 5)
    ask("coverage", facts, "2026-01-31", "known").then(1, 4)
    ask("coverage", facts, "2026-02-10", "known").then(1, 5)


def test_a_discovery_that_is_settled_or_registered_leaves_the_denominator() -> None:
    facts = [*PORTFOLIO, Happened("2026-02-01", settled("d1", None))]
    ask("coverage", facts, "2026-02-02").then(1, 3)
    facts += [Happened("2026-02-03", registered("c", discovery_id="d2")), Happened("2026-02-04", confirmed("c", "low"))]
    ask("coverage", facts, "2026-02-03").then(1, 3)
    ask("coverage", facts, "2026-02-04").then(2, 3)


REGISTERED = [
    *PORTFOLIO[:3],
    Happened("2026-01-07", discovered("d", "Cards")),
    Happened("2026-02-01", registered("x", discovery_id="d")),
    Happened("2026-02-01", settled("d", "x")),
]


def test_a_discovery_in_use_counts_again_while_its_system_is_taken_back() -> None:
    """Registering and withdrawing hid what was found: 1/2 became 1/1."""
    gone = [*REGISTERED, Happened("2026-02-10", withdrawn("x"))]
    ask("coverage", gone, "2026-01-31").then(1, 2)
    ask("coverage", gone, "2026-02-09").then(1, 2)
    ask("coverage", gone, "2026-02-10").then(1, 2)
    ask("coverage", gone, "2026-02-10", segment=Segment(tier="none")).then(0, 1)
    back = [*gone, Happened("2026-02-20", submitted("x", 2)), Happened("2026-02-21", confirmed("x", "low", nth=2))]
    ask("coverage", back, "2026-02-19").then(1, 2)
    ask("coverage", back, "2026-02-21").then(2, 2)


def test_what_a_person_says_a_discovery_is_counts_like_what_a_registration_names() -> None:
    facts = [*PORTFOLIO[:5], Happened("2026-01-20", discovered("d1")), Happened("2026-02-01", settled("d1", "b"))]
    ask("coverage", facts, "2026-02-01").then(1, 2)
    ask("coverage", [*facts, Happened("2026-02-02", withdrawn("b"))], "2026-02-02").then(1, 2)


def test_a_discovery_does_not_count_again_beside_a_system_that_is_there_or_where_it_was_not_in_use() -> None:
    gone = [*REGISTERED, Happened("2026-02-10", withdrawn("x"))]
    other = Happened("2026-02-05", registered("y", discovery_id="d"))
    ask("coverage", [*gone, other], "2026-02-10").then(1, 2)
    ask("coverage", [*REGISTERED, Happened("2026-02-10", retired("x", "2026-02-10"))], "2026-02-10").then(1, 1)
    live = [*REGISTERED, Happened("2026-02-05", launched("x", "2026-02-05")), Happened("2026-02-10", withdrawn("x"))]
    ask("coverage", live, "2026-02-10").then(1, 2)
    planned = [*PORTFOLIO[:3], Happened("2026-01-07", discovered("d", live=False)), *gone[4:]]
    ask("coverage", planned, "2026-02-09").then(1, 2)
    ask("coverage", planned, "2026-02-10").then(1, 1)


def test_a_discovery_that_counts_again_names_the_withdrawal_behind_it() -> None:
    gone = [*REGISTERED, Happened("2026-02-10", withdrawn("x"))]
    (case,) = [one for one in coverage(book_of(gone), Question(Cut.of(at("2026-03-01")))) if one.subject == "d"]
    assert case.facts == (("intake", 3), ("intake", 6))


def test_retired_merged_and_withdrawn_systems_are_not_active() -> None:
    facts = [*PORTFOLIO, Happened("2026-02-01", retired("a", "2026-02-01"))]
    ask("coverage", facts, "2026-02-01").then(0, 3)
    ask("coverage", facts, "2026-01-31").then(1, 4)
    facts.append(Happened("2026-02-02", withdrawn("b")))
    ask("coverage", facts, "2026-02-02").then(0, 2)
    facts.append(Happened("2026-02-03", submitted("b", nth=2)))
    ask("coverage", facts, "2026-02-03").then(0, 3)


def test_a_system_that_is_live_stays_counted_when_its_intake_is_taken_back() -> None:
    facts = [*PORTFOLIO, Happened("2026-02-01", launched("b", "2026-02-01")), Happened("2026-02-02", withdrawn("b"))]
    ask("coverage", facts, "2026-02-03").then(1, 4)


def test_a_retired_system_that_goes_live_again_is_active_again() -> None:
    gone = [*PORTFOLIO, Happened("2026-02-01", retired("a", "2026-02-01"))]
    ask("coverage", gone, "2026-03-01").then(0, 3)
    back = [*gone, Happened("2026-02-10", launched("a", "2026-02-10", reviewed=False))]
    ask("coverage", back, "2026-02-09").then(0, 3)
    ask("coverage", back, "2026-02-10").then(1, 4)
    ask("coverage", [*back, Happened("2026-02-20", retired("a", "2026-02-20"))], "2026-02-20").then(0, 3)


def test_a_launch_before_the_end_that_is_learned_of_late_brings_nothing_back_to_life() -> None:
    gone = Happened("2026-02-10", retired("a", "2026-02-10"))
    late = Happened("2026-02-01", launched("a", "2026-02-01"), recorded="2026-03-01")
    ask("coverage", [*PORTFOLIO, gone, late], "2026-03-02").then(0, 3)
    ask("coverage", [*PORTFOLIO, gone, late], "2026-02-09").then(1, 4)


def test_coverage_by_tier_and_product_area_adds_up_to_the_whole() -> None:
    found = ask("coverage", PORTFOLIO, "2026-01-31").found
    tiers = {one.tier: (one.main.numerator, one.main.denominator) for one in found.by_tier}
    assert tiers == {"high": (1, 1), "low": (0, 1), "none": (0, 2)}
    areas = {one.product_area: (one.main.numerator, one.main.denominator) for one in found.by_product_area}
    assert areas == {"Cards": (1, 2), "Loans": (0, 2)}
    ask("coverage", PORTFOLIO, "2026-01-31", segment=Segment(product_area="Cards")).then(1, 2)
    ask("coverage", PORTFOLIO, "2026-01-31", segment=Segment(tier="low")).then(0, 1)


def test_a_target_is_met_from_its_least_value_on() -> None:
    facts = [*PORTFOLIO[:3], Happened("2026-01-07", discovered("d1"))]
    half, more = wanted("coverage", at_least=50), wanted("coverage", at_least=51)
    assert ask("coverage", facts, "2026-01-31", policy=half).found.overall.met is True
    assert ask("coverage", facts, "2026-01-31", policy=more).found.overall.met is False
    assert [one.met for one in ask("coverage", facts, "2026-01-31", policy=half).found.by_tier] == [True, False]


GATED = [
    Happened("2026-01-05", registered("a")),
    Happened("2026-01-06", confirmed("a", "high")),
    Happened("2026-01-07", opened("r-a", "a", "high")),
    Happened("2026-02-01", decided("r-a", "a", "2026-02-01")),
    Happened("2026-02-10", launched("a", "2026-02-10")),
]


def test_a_high_risk_launch_after_its_approval_is_covered() -> None:
    ask("high-risk-coverage", GATED, "2026-02-09").no_data()
    ask("high-risk-coverage", GATED, "2026-02-10").then(1, 1)


def test_a_launch_before_the_approval_stays_a_miss_until_the_next_launch() -> None:
    early = [*GATED[:3], Happened("2026-01-20", launched("a", "2026-01-20", reviewed=False)), *GATED[3:4]]
    ask("high-risk-coverage", early, "2026-03-01").then(0, 1)
    again = [*early, Happened("2026-02-20", launched("a", "2026-02-20"))]
    ask("high-risk-coverage", again, "2026-02-19").then(0, 1)
    ask("high-risk-coverage", again, "2026-03-01").then(1, 1)


def test_a_rejection_or_an_expired_approval_covers_nothing() -> None:
    refused = [*GATED[:3], Happened("2026-02-01", decided("r-a", "a", "2026-02-01", outcome="rejected")), GATED[4]]
    ask("high-risk-coverage", refused, "2026-03-01").then(0, 1)
    gone = decided("r-a", "a", "2026-02-01", expires_at=at("2026-02-10"))
    ask("high-risk-coverage", [*GATED[:3], Happened("2026-02-01", gone), GATED[4]], "2026-03-01").then(0, 1)


def test_a_launch_while_the_review_of_a_change_is_open_is_a_miss() -> None:
    facts = [
        *GATED,
        Happened("2026-03-01", confirmed("a", "high", nth=2)),
        Happened("2026-03-01", opened("r-a2", "a", "high", nth=2)),
        Happened("2026-03-05", launched("a", "2026-03-05", reviewed=False)),
    ]
    ask("high-risk-coverage", facts, "2026-03-04").then(1, 1)
    ask("high-risk-coverage", facts, "2026-03-05").then(0, 1)


def test_a_launch_while_a_declared_change_waits_for_triage_is_a_miss() -> None:
    facts = [
        *GATED,
        Happened("2026-03-01", proposed("a", "high", nth=2)),
        Happened("2026-03-05", launched("a", "2026-03-05", reviewed=False)),
    ]
    ask("high-risk-coverage", facts, "2026-03-04").then(1, 1)
    ask("high-risk-coverage", facts, "2026-03-05").then(0, 1).beside(0, 1)


def test_a_live_system_raised_to_high_needs_a_high_risk_review() -> None:
    facts = [
        Happened("2026-01-05", registered("b")),
        Happened("2026-01-06", confirmed("b", "low")),
        Happened("2026-01-07", opened("r-b", "b", "low")),
        Happened("2026-01-08", decided("r-b", "b", "2026-01-08", tier="low")),
        Happened("2026-01-09", launched("b", "2026-01-09")),
        Happened("2026-04-01", proposed("b", "high", nth=2)),
    ]
    ask("high-risk-coverage", facts, "2026-03-31").no_data()
    ask("high-risk-coverage", facts, "2026-04-01").then(0, 1)


def test_a_live_system_that_the_board_raised_to_high_needs_the_review_of_its_new_round() -> None:
    facts = [
        Happened("2026-01-05", registered("b")),
        Happened("2026-01-06", confirmed("b", "low")),
        Happened("2026-01-07", opened("r-b", "b", "low")),
        Happened("2026-01-08", decided("r-b", "b", "2026-01-08", tier="low")),
        Happened("2026-01-09", launched("b", "2026-01-09")),
        Happened("2026-04-01", overridden("b", "high", 2)),
        Happened("2026-04-01", confirmed("b", "high", nth=2)),
        Happened("2026-04-01", opened("r-b2", "b", "high", nth=2)),
    ]
    ask("high-risk-coverage", facts, "2026-03-31").no_data()
    ask("high-risk-coverage", facts, "2026-04-01").then(0, 1)
    approved = Happened("2026-04-20", decided("r-b2", "b", "2026-04-20", nth=2))
    again = [*facts, approved, Happened("2026-05-01", launched("b", "2026-05-01"))]
    ask("high-risk-coverage", again, "2026-05-01").then(1, 1)
    ask("coverage", again, "2026-05-01").then(1, 1)


def test_a_milder_proposal_does_not_take_a_system_out_of_high_risk() -> None:
    ask("high-risk-coverage", [*GATED, Happened("2026-03-01", proposed("a", "low", nth=2))], "2026-03-02").then(1, 1)


def test_systems_launched_before_gatehouse_stand_beside_the_number_until_they_are_reviewed() -> None:
    imported = [
        Happened("2026-01-05", registered("h", imported=True)),
        Happened("2024-05-01", launched("h", "2024-05-01", imported=True, reviewed=False), recorded="2026-01-05"),
        Happened("2026-01-06", confirmed("h", "high")),
        Happened("2026-01-07", opened("r-h", "h", "high")),
    ]
    ask("high-risk-coverage", imported, "2026-02-01").no_data().beside(0, 1)
    ask("high-risk-coverage", [*GATED, *imported], "2026-02-11").then(1, 1).beside(1, 2)
    after = [*imported, Happened("2026-02-05", decided("r-h", "h", "2026-02-05"))]
    ask("high-risk-coverage", after, "2026-02-11").no_data().beside(1, 1)


def test_a_launch_learned_of_late_was_true_before_it_was_known() -> None:
    facts = [*GATED[:4], Happened("2026-02-10", launched("a", "2026-02-10"), recorded="2026-02-20")]
    ask("high-risk-coverage", facts, "2026-02-15", "true").then(1, 1)
    ask("high-risk-coverage", facts, "2026-02-15", "known").no_data()


def test_retired_systems_are_no_longer_live() -> None:
    ask("high-risk-coverage", [*GATED, Happened("2026-05-01", retired("a", "2026-05-01"))], "2026-05-01").no_data()


def test_a_retired_high_risk_system_that_goes_live_again_is_live() -> None:
    gone = Happened("2026-05-01", retired("a", "2026-05-01"))
    again = Happened("2026-05-10", launched("a", "2026-05-10", reviewed=False))
    ask("high-risk-coverage", [*GATED, gone, again], "2026-05-10").then(0, 1)


def test_the_facts_behind_a_number_are_named_by_their_positions() -> None:
    (case,) = high_risk_coverage(book_of(GATED), Question(Cut.of(at("2026-03-01"))))
    assert case.facts == (("intake", 2), ("intake", 1), ("review", 1))


def test_a_proposal_that_is_taken_back_leaves_the_confirmed_tier_alone() -> None:
    facts = [
        Happened("2026-01-02", registered("a")),
        Happened("2026-01-02", confirmed("a", "low")),
        Happened("2026-01-05", submitted("a", nth=2)),
        Happened("2026-01-05", proposed("a", "high", nth=2)),
        Happened("2026-01-06", withdrawn("a", nth=2), recorded="2026-01-20"),
        Happened("2026-01-07", launched("a", "2026-01-07", reviewed=False)),
    ]
    ask("high-risk-coverage", facts, "2026-02-01").then(0, 0)
    ask("high-risk-coverage", facts, "2026-01-10", "known").then(0, 1)
    again = [Happened("2026-01-21", submitted("a", nth=3)), Happened("2026-01-21", proposed("a", "high", nth=3))]
    ask("high-risk-coverage", [*facts, *again], "2026-02-01").then(0, 1)


def test_taking_the_only_intake_back_does_not_lead_a_live_system_out_of_its_tier() -> None:
    facts = [
        Happened("2026-01-02", registered("a")),
        Happened("2026-01-02", proposed("a", "high")),
        Happened("2026-01-03", launched("a", "2026-01-03", reviewed=False)),
        Happened("2026-01-04", withdrawn("a")),
    ]
    ask("high-risk-coverage", facts, "2026-02-01").then(0, 1)


def test_what_is_live_although_it_is_prohibited_is_covered_by_no_approval() -> None:
    ask("high-risk-coverage", GATED, "2026-04-01").then(1, 1).beside(1, 1)
    over = [
        Happened("2026-03-10", overridden("a", "prohibited", 2, "high")),
        Happened("2026-03-10", confirmed("a", "prohibited", nth=2)),
    ]
    ask("high-risk-coverage", [*GATED, *over], "2026-04-01").then(0, 1).beside(0, 1)
    ask("high-risk-coverage", [*GATED, *over], "2026-03-09").then(1, 1)
    asked = ask("high-risk-coverage", [*GATED, *over], "2026-04-01", segment=Segment(tier="prohibited"))
    asked.then(0, 1)
    suspected = [Happened("2026-03-10", proposed("a", "prohibited", nth=2))]
    ask("high-risk-coverage", [*GATED, *suspected], "2026-04-01").then(0, 1)
    told = confirmed("a", "prohibited", nth=2, high_risk=False)
    ask("high-risk-coverage", [*GATED, Happened("2026-03-10", told)], "2026-04-01").then(0, 1)
