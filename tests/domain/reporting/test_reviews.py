"""KPI 3 to 5: reviews inside their clock, days to a decision, and complete evidence."""

from typing import Any

import pytest

from services.reporting.domain.cases import Question
from services.reporting.domain.cut import Cut
from services.reporting.domain.figures import Spread
from services.reporting.domain.kpis import Segment
from services.reporting.domain.reviews import time_to_decision
from tests.domain.reporting.facts import (
    asked_for_answers,
    at,
    clock_paused,
    clock_resumed,
    clock_started,
    clock_stopped,
    confirmed,
    decided,
    opened,
    proposed,
    registered,
    scored,
)
from tests.domain.reporting.given import Happened, ask, book_of, wanted


def finished(one: str, when: str, *, within: bool = True, tier: str = "high", **more: Any) -> list[Happened]:
    """A review that was opened on new year and decided then."""
    return [
        Happened("2026-01-01", opened(one, f"s-{one}", tier)),
        Happened(when, decided(one, f"s-{one}", when, tier=tier, within=within, **more)),
    ]


def running(one: str, due: str) -> list[Happened]:
    """A review whose clock started on 1 February."""
    return [
        Happened("2026-01-01", opened(one, f"s-{one}", "high")),
        Happened("2026-02-01", clock_started(one, "2026-02-01", due)),
    ]


def test_attainment_divides_by_what_is_decided_and_more_strictly_by_what_is_overdue_too() -> None:
    facts = [
        *finished("1", "2026-01-10"),
        *finished("2", "2026-01-12"),
        *finished("3", "2026-01-15", within=False),
        *running("4", "2026-02-10"),
        *running("5", "2026-02-20"),
    ]
    ask("review-sla", facts, "2026-02-15").then(2, 3).beside(2, 4)
    ask("review-sla", facts, "2026-02-28").then(2, 3).beside(2, 5)


def test_a_review_is_overdue_from_its_due_instant_without_any_breach_on_record() -> None:
    ask("review-sla", running("1", "2026-02-10"), "2026-02-09 23:59").beside(0, 0)
    ask("review-sla", running("1", "2026-02-10"), "2026-02-10").no_data().beside(0, 1)


def test_a_paused_clock_is_not_overdue_and_a_resumed_one_has_a_new_due_instant() -> None:
    facts = [
        *running("1", "2026-02-10"),
        Happened("2026-02-05", clock_paused("1", "2026-02-05")),
        Happened("2026-02-20", clock_resumed("1", "2026-02-20", "2026-02-25")),
    ]
    ask("review-sla", facts, "2026-02-15").beside(0, 0)
    ask("review-sla", facts, "2026-02-24").beside(0, 0)
    ask("review-sla", facts, "2026-02-25").beside(0, 1)


def test_a_breach_is_not_undone_by_pausing_afterwards() -> None:
    facts = [*running("1", "2026-02-10"), Happened("2026-02-11", clock_paused("1", "2026-02-11"))]
    ask("review-sla", facts, "2026-03-01").beside(0, 1)


def test_other_clocks_of_a_review_do_not_count() -> None:
    facts = [
        Happened("2026-01-01", opened("1", "s", "high")),
        Happened("2026-01-01", clock_started("1", "2026-01-01", "2026-01-10", clock="gathering")),
    ]
    ask("review-sla", facts, "2026-03-01").beside(0, 0)


def test_a_withdrawn_review_is_neither_decided_nor_open() -> None:
    from shared.events.review import ReviewWithdrawn

    gone = Happened("2026-02-11", ReviewWithdrawn(review_id="1", system_id="s", reason="retired"))
    facts = [*running("1", "2026-02-10"), gone, Happened("2026-02-11", clock_stopped("1", "2026-02-11"))]
    ask("review-sla", facts, "2026-02-10").beside(0, 1)
    ask("review-sla", facts, "2026-02-11").beside(0, 0)


def test_a_period_counts_what_was_decided_in_it_and_what_was_overdue_at_its_end() -> None:
    facts = [
        *finished("1", "2026-01-10"),
        *finished("2", "2026-02-12", within=False),
        *running("3", "2026-02-10"),
        Happened("2026-03-05", decided("3", "s-3", "2026-03-05", within=False)),
    ]
    ask("review-sla", facts, "2026-06-01", period="2026-01").then(1, 1).beside(1, 1)
    ask("review-sla", facts, "2026-06-01", period="2026-02").then(0, 1).beside(0, 2)
    ask("review-sla", facts, "2026-06-01", period="2026-03").then(0, 1).beside(0, 1)
    ask("review-sla", facts, "2026-06-01", period="2026-Q1").then(1, 3).beside(1, 3)
    ask("review-sla", facts, "2026-06-01", period="2026-04").no_data()


def test_a_period_is_cut_off_at_the_instant_asked_about() -> None:
    ask("review-sla", finished("1", "2026-02-20"), "2026-02-15", period="2026-02").no_data()


def test_what_was_decided_but_not_yet_known_is_still_open_in_what_we_knew() -> None:
    facts = [
        *running("1", "2026-02-10"),
        Happened("2026-02-08", decided("1", "s-1", "2026-02-08"), recorded="2026-02-12"),
    ]
    ask("review-sla", facts, "2026-02-11", "true").then(1, 1).beside(1, 1)
    ask("review-sla", facts, "2026-02-11", "known").no_data().beside(0, 1)


def test_time_to_decision_is_shown_gross_and_net_with_mean_median_and_ninth_decile() -> None:
    facts = [
        *finished("1", "2026-01-03", submitter_seconds=86_400),
        *finished("2", "2026-01-05", submitter_seconds=43_200),
        *finished("3", "2026-01-13"),
    ]
    found = ask("time-to-decision", facts, "2026-02-01").then(18, 3).beside(16.5, 3).found.overall
    assert found.spreads == (Spread(mean=6, median=4, p90=12), Spread(mean=5.5, median=3.5, p90=12))


def test_net_leaves_out_what_the_submitter_held_in_triage_as_in_the_review() -> None:
    """Intake on 1 January at 0:00, decided on 21 January at 0:00: 20 days, of which the submitter had 3 + 1 in triage
    and 4 in the review; of another system, or another round of this one, nothing counts."""
    triage = [
        Happened("2026-01-01", registered("s-1")),
        Happened("2026-01-02", proposed("s-1", "medium")),
        Happened("2026-01-03 12:00", asked_for_answers("s-1")),
        Happened("2026-01-06 12:00", proposed("s-1", "medium")),
        Happened("2026-01-07", asked_for_answers("s-1")),
        Happened("2026-01-08", confirmed("s-1", "medium")),
        Happened("2026-01-01", registered("s-2")),
        Happened("2026-01-02", asked_for_answers("s-2")),
        Happened("2026-01-10", asked_for_answers("s-1", 2)),
        Happened("2026-01-12", proposed("s-1", "medium", 2)),
    ]
    facts = [*triage, *finished("1", "2026-01-21", submitter_seconds=4 * 86_400)]
    ask("time-to-decision", facts, "2026-02-01").then(20, 1).beside(12, 1)
    (case,) = time_to_decision(book_of(facts), Question(Cut.of(at("2026-02-01"), "true", None)))
    assert case.intake == (2, 3, 4, 5), "the facts behind the number"


def test_net_without_questions_in_triage_is_as_the_review_recorded_it() -> None:
    facts = [Happened("2026-01-01", registered("s-1")), *finished("1", "2026-01-21", submitter_seconds=4 * 86_400)]
    ask("time-to-decision", facts, "2026-02-01").then(20, 1).beside(16, 1)


def test_time_in_triage_before_the_intake_or_after_the_decision_is_not_taken_off() -> None:
    facts = [
        Happened("2025-12-30", asked_for_answers("s-1")),
        Happened("2026-01-02", proposed("s-1", "medium")),
        Happened("2026-01-20", asked_for_answers("s-1")),
        *finished("1", "2026-01-21"),
    ]
    ask("time-to-decision", facts, "2026-02-01").then(20, 1).beside(18, 1)


def test_the_ninth_decile_is_the_smallest_value_that_nine_of_ten_do_not_exceed() -> None:
    spread = Spread.of([float(day) for day in range(1, 11)])
    assert spread is not None
    assert spread.p90 == 9
    assert Spread.of([]) is None


def test_a_decision_in_fewer_days_than_the_target_meets_it() -> None:
    policy = wanted("time-to-decision", tier="low", below=7)
    low = Segment(tier="low")
    for day, met in (("2026-01-07 23:59", True), ("2026-01-08", False)):
        facts = finished("1", day, tier="low")
        found = ask("time-to-decision", facts, "2026-02-01", segment=low, policy=policy).found
        assert found.overall.met is met
        assert [one.met for one in found.by_tier] == [met]


def test_completeness_is_that_of_the_first_submission() -> None:
    facts = [
        Happened("2026-01-01", opened("1", "s1", "high", area="Cards")),
        Happened("2026-01-09", scored("1", 6, 8)),
        Happened("2026-01-20", scored("1", 8, 8)),
        Happened("2026-01-01", opened("2", "s2", "low", area="Loans")),
        Happened("2026-02-09", scored("2", 2, 2)),
    ]
    ask("evidence-completeness", facts, "2026-03-01").then(8, 10)
    ask("evidence-completeness", facts, "2026-03-01", segment=Segment(tier="high")).then(6, 8)
    ask("evidence-completeness", facts, "2026-03-01", period="2026-02").then(2, 2)
    ask("evidence-completeness", facts, "2026-01-08").no_data()


@pytest.mark.parametrize("text", ["2026-13", "2026-Q5", "26-01", "2026", "2026-1", "", "0000-01"])
def test_a_period_is_a_month_or_a_quarter(text: str) -> None:
    from services.reporting.domain.cut import Period

    with pytest.raises(ValueError, match="neither a month"):
        Period.parse(text)


def test_months_and_quarters_begin_and_end_where_the_calendar_says() -> None:
    from services.reporting.domain.cut import Period

    assert (Period.parse("2024-02").start, Period.parse("2024-02").end) == (at("2024-02-01"), at("2024-03-01"))
    assert (Period.parse("2025-Q4").start, Period.parse("2025-Q4").end) == (at("2025-10-01"), at("2026-01-01"))
    assert Period.month_of(at("2026-01-31"), back=13).name == "2024-12"


def test_a_trend_asks_about_each_month_up_to_the_one_asked_about() -> None:
    from services.reporting.domain.kpis import DEFINITIONS, month_of, months_up_to
    from tests.domain.reporting.given import book_of

    book, sla = book_of([*finished("1", "2026-01-10"), *finished("2", "2026-03-12", within=False)]), "review-sla"
    months = list(months_up_to(at("2026-03-20"), "true", 3))
    points = [(period.name, DEFINITIONS[sla].cases(book, question)) for period, question in months]
    assert [(name, month_of(DEFINITIONS[sla], list(cases)).main.value) for name, cases in points] == [
        ("2026-01", 1.0),
        ("2026-02", None),
        ("2026-03", 0.0),
    ]
    assert [question.over for _, question in months] == [True, True, False]
    assert not any(question.over for _, question in months_up_to(at("2026-03-20"), "known", 3))
