"""How tiers agree with a source's own label; on the real inventory where its file is at hand."""

from collections import Counter
from pathlib import Path
from statistics import fmean

import pytest

from services.intake.mappings import Row, agreement, load_mapping
from shared.policy.bundle import Bundle
from shared.policy.triage import triage
from tests.domain.policy.crossvalidate import LABEL, cases_of, cross_validated, halves, measure, shipped

TIERS, HIGH = ("low", "medium", "high", "prohibited"), ("high", "prohibited")
SAMPLE = Path(__file__).parents[4] / "shared/samples/ai_inventory/us_federal_2024_part.csv"
with_sample = pytest.mark.skipif(not SAMPLE.exists(), reason="the inventory's file is not at hand")


def test_the_table_counts_labels_by_tier() -> None:
    pairs = [("high", True), ("prohibited", True), ("medium", True), ("high", False), ("low", False), ("low", None)]
    found = agreement(pairs, TIERS, HIGH)
    assert found.table == {
        "impacting": {"low": 0, "medium": 1, "high": 1, "prohibited": 1},
        "not-impacting": {"low": 1, "medium": 0, "high": 1, "prohibited": 0},
    }
    assert found.recall_high == pytest.approx(2 / 3)
    assert found.share_high == pytest.approx(3 / 5)
    assert (found.labelled, found.left_out) == (5, 1)


def test_no_data_is_no_figure() -> None:
    found = agreement([("high", None)], TIERS, HIGH)
    assert (found.recall_high, found.share_high, found.left_out) == (None, None, 1)
    assert agreement([("high", False)], TIERS, HIGH).recall_high is None


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """The inventory's usable rows."""
    return [row for row in load_mapping("us-federal-2024").read(SAMPLE) if isinstance(row, Row)]


@with_sample
def test_every_row_of_the_inventory_is_usable_and_its_answers_are_legal(bundle: Bundle, rows: list[Row]) -> None:
    assert len(rows) == 1067
    for row in rows:
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in row.answers.items()}
        assert bundle.form.check(plain | row.texts) == bundle.form.check(plain) | bundle.form.check(dict(row.texts))
        assert bundle.form.check(plain) == row.answers or "unknown" in str(row.answers)


@with_sample
def test_the_phases_of_the_inventory_are_known(rows: list[Row]) -> None:
    assert sum(row.live for row in rows) == 450
    assert sum(row.retired for row in rows) == 64
    assert Counter(row.stage for row in rows)[None] == 3


@with_sample
def test_few_spellings_of_the_inventory_are_unseen(rows: list[Row]) -> None:
    choices = [one for row in rows for one in row.unseen if not one.attribute.startswith("date:")]
    assert len(choices) < 40
    assert not {one.attribute for one in choices} & {"sector", "everyday_use", "phase", "origin", "personal_data"}


@with_sample
def test_our_tiers_agree_with_the_label(bundle: Bundle, rows: list[Row]) -> None:
    reader = load_mapping("us-federal-2024")
    pairs = [(triage(bundle, row.answers).tier, reader.label_of(row.raw, LABEL)) for row in rows]
    found = agreement(pairs, TIERS, HIGH)
    assert (found.labelled, found.left_out) == (1038, 29)
    assert found.recall_high is not None
    assert found.share_high is not None
    assert found.recall_high >= 0.85
    assert found.share_high <= 0.28


@with_sample
def test_no_area_is_high_as_a_whole(bundle: Bundle, rows: list[Row]) -> None:
    by_area = Counter((row.answers.get("sector"), triage(bundle, row.answers).high_risk) for row in rows)
    for area in {area for area, _ in by_area}:
        assert by_area[area, False] > 0, area


@with_sample
def test_at_least_three_kinds_of_answer_decide(bundle: Bundle, rows: list[Row]) -> None:
    """Without any one of them, some system that is high would not be."""
    high = [row.answers for row in rows if triage(bundle, row.answers).high_risk]
    deciding = {
        attribute
        for attribute in ("sector", "everyday_use", "phase", "origin", "essential_service", "personal_data")
        for answers in high
        if not triage(bundle, {k: v for k, v in answers.items() if k != attribute}).high_risk
    }
    assert len(deciding) >= 3
    assert deciding > {"sector"}


@with_sample
def test_the_agreement_holds_on_halves_and_for_points_fitted_elsewhere(bundle: Bundle) -> None:
    cases, least = cases_of(bundle, SAMPLE), bundle.rules.thresholds["high"]
    for seed in range(5):
        for half in halves(cases, seed):
            figure = measure(shipped(bundle), least, half)
            assert figure.recall >= 0.78
            assert figure.share <= 0.31
    elsewhere = cross_validated(cases, rounds=3)
    assert fmean(figure.recall for figure in elsewhere) >= 0.80
    assert fmean(figure.share for figure in elsewhere) <= 0.30
