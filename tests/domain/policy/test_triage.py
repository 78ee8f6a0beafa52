"""Triage, stage by stage: given answers, when triaged, then a tier with its reasons."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events.fact import Answer
from shared.policy.bundle import Bundle, load_bundle
from shared.policy.condition import Clause, attributes_of
from shared.policy.outcome import Triage
from shared.policy.rules import Elevation
from shared.policy.triage import triage
from tests.domain.policy.answering import MILD, any_answers, mild

BUNDLE = load_bundle()
examined = settings(max_examples=150)


def fired(outcome: Triage, kind: str = "") -> set[str]:
    """The rules that applied, of one kind or of all."""
    return {rule.rule for rule in outcome.fired if kind in ("", rule.kind)}


def rank(tier: str) -> int:
    """How high a tier is."""
    return BUNDLE.tiers.rank(tier)


# --- the mild end ---------------------------------------------------------------------------------------------------


def test_given_a_fully_described_mild_system_then_it_is_low_and_the_bundle_may_confirm_it(bundle: Bundle) -> None:
    outcome = triage(bundle, mild())
    assert (outcome.tier, outcome.score, outcome.unknowns) == ("low", 0, ())
    assert outcome.fired == ()
    assert outcome.auto_confirmable


def test_given_only_a_name_then_everything_is_unknown_and_it_is_medium(bundle: Bundle) -> None:
    outcome = triage(bundle, {})
    assert outcome.tier == "medium"
    assert fired(outcome, "unknown") == {"unknown-needed"}
    assert not outcome.auto_confirmable


FLOORS = [*BUNDLE.rules.prohibited, *BUNDLE.rules.elevations]
ASKED = sorted({name for rule in FLOORS for name in attributes_of(rule.when)})


@pytest.mark.parametrize("attribute", ASKED)
def test_what_an_elevation_asks_is_never_taken_for_mild_where_it_is_left_out(attribute: str) -> None:
    said = {name: answer for name, answer in MILD.items() if name != attribute}
    for left_out in (said, said | {attribute: "unknown"}):
        outcome = triage(BUNDLE, left_out)
        assert (rank(outcome.tier) >= rank("medium"), outcome.auto_confirmable) == (True, False), attribute


UNSAID = {
    "identifies-people-by-biometrics": (mild(special_categories=("biometric",)), "everyday_use"),
    "vulnerable-people-decided-on": (mild(vulnerable_groups=("children",)), "output"),
    "irreversible-outcome": (mild(reversibility="irreversible"), "output"),
    "consequential-decisions": (mild(consequential_decisions=("credit",)), "output"),
    "acts-unsupervised-on-people": (mild(autonomy="unsupervised"), "exposure"),
}


@pytest.mark.parametrize("rule", UNSAID)
def test_the_half_of_an_elevation_that_is_not_known_counts_as_the_severe_one(rule: str) -> None:
    answers, unsaid = UNSAID[rule]
    assert rule in fired(triage(BUNDLE, answers | {unsaid: "unknown"}), "elevation")
    assert triage(BUNDLE, {name: answer for name, answer in answers.items() if name != unsaid}).tier == "high"


def test_a_bundle_may_leave_every_confirmation_to_people(bundle: Bundle) -> None:
    import msgspec

    careful = replace(bundle, rules=msgspec.structs.replace(bundle.rules, auto_confirm=False))
    assert not triage(careful, mild()).auto_confirmable


# --- prohibited uses ------------------------------------------------------------------------------------------------


def test_given_a_prohibited_practice_then_nothing_else_matters_and_no_review_opens(bundle: Bundle) -> None:
    outcome = triage(bundle, mild(prohibited_practices=("social-scoring",)))
    assert outcome.tier == "prohibited"
    assert outcome.prohibited
    assert outcome.high_risk
    assert not outcome.opens_review
    assert outcome.disciplines == ()
    assert outcome.evidence == ()
    assert "eu-ai-act-prohibited" in {label.id for label in outcome.labels}


@examined
@given(any_answers(BUNDLE))
def test_a_prohibited_practice_is_prohibited_whatever_else_is_said(answers: dict[str, Answer]) -> None:
    outcome = triage(BUNDLE, answers | {"prohibited_practices": ("face-scraping",)})
    assert outcome.tier == "prohibited"


@examined
@given(any_answers(BUNDLE))
def test_nothing_but_a_prohibited_practice_is_prohibited(answers: dict[str, Answer]) -> None:
    named = set(answers.get("prohibited_practices", ())) - {"none", "unknown"}
    assert triage(BUNDLE, answers).prohibited is bool(named)


# --- hard elevations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "tier", "answers"),
    [
        ("significant-effect-on-rights", "high", {"impact_rights": "significant"}),
        ("significant-effect-on-safety", "high", {"impact_safety": "significant"}),
        ("significant-effect-on-money", "high", {"impact_money": "significant"}),
        ("consequential-decisions", "high", {"consequential_decisions": ("credit",), "output": ("score",)}),
        ("annex-iii-area", "high", {"annex_iii_area": ("employment",)}),
        ("regulated-product", "high", {"regulated_product": "yes"}),
        ("acts-unsupervised-on-people", "high", {"autonomy": "unsupervised", "exposure": "public"}),
        ("vulnerable-people-decided-on", "high", {"vulnerable_groups": ("children",), "output": ("ranking",)}),
        ("irreversible-outcome", "high", {"reversibility": "irreversible", "output": ("action",)}),
        ("identifies-people-by-biometrics", "high", {"special_categories": ("biometric",), "personal_data": "yes"}),
        ("generative-towards-the-public", "medium", {"technique": ("generative",), "exposure": "public"}),
        ("agent", "medium", {"technique": ("agentic",)}),
        ("sensitive-personal-data", "medium", {"special_categories": ("beliefs",), "personal_data": "yes"}),
        ("generative-over-personal-data", "medium", {"technique": ("generative",), "personal_data": "yes"}),
    ],
)
def test_given_one_severe_answer_then_the_tier_is_at_least_that(
    bundle: Bundle, rule: str, tier: str, answers: dict[str, Answer]
) -> None:
    outcome = triage(bundle, mild(**answers))
    assert rule in fired(outcome, "elevation")
    assert rank(outcome.tier) >= rank(tier)
    assert not outcome.auto_confirmable


def test_every_hard_elevation_of_the_bundle_has_its_example() -> None:
    marks = vars(test_given_one_severe_answer_then_the_tier_is_at_least_that)["pytestmark"]
    named = {case[0] for mark in marks for case in mark.args[1]}
    assert named == {rule.id for rule in BUNDLE.rules.elevations}


@examined
@given(any_answers(BUNDLE), st.sampled_from(BUNDLE.rules.elevations), st.data())
def test_a_severe_answer_is_never_averaged_away(
    answers: dict[str, Answer], rule: Elevation, data: st.DataObject
) -> None:
    severe = answers | {name: value for clause in rule.when for name, value in _meeting(clause, data).items()}
    outcome = triage(BUNDLE, severe)
    assert rule.id in fired(outcome, "elevation")
    assert rank(outcome.tier) >= rank(rule.at_least)


def _meeting(clause: Clause, data: st.DataObject) -> dict[str, Answer]:
    """An answer that makes the clause true."""
    if clause.either:
        return _meeting(data.draw(st.sampled_from(clause.either)), data)
    attribute = BUNDLE.form.by_id[clause.attribute]
    allowed = clause.any_of or tuple(set(attribute.choices) - set(clause.none_of))
    value = data.draw(st.sampled_from(sorted(allowed)))
    return {attribute.id: (value,) if attribute.kind == "multi" else value}


@examined
@given(any_answers(BUNDLE))
def test_no_stage_lowers_what_another_found(answers: dict[str, Answer]) -> None:
    outcome = triage(BUNDLE, answers)
    floors = [one.tier for one in outcome.trace if one.fired and one.tier]
    assert all(rank(outcome.tier) >= rank(floor) for floor in floors)
    assert outcome.tier in {*floors, "low"}


# --- unknowns -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attribute", sorted(MILD))
def test_given_one_needed_answer_missing_then_it_is_not_low(bundle: Bundle, attribute: str) -> None:
    answers = {name: value for name, value in MILD.items() if name != attribute}
    outcome = triage(bundle, answers)
    assert outcome.tier == "medium"
    assert outcome.unknowns == (attribute,)
    (rule,) = [one for one in outcome.fired if one.kind == "unknown"]
    assert bundle.form.by_id[attribute].label in rule.reason
    assert not outcome.auto_confirmable


def test_given_an_answer_that_nobody_needs_missing_then_it_stays_low(bundle: Bundle) -> None:
    assert "scale" not in MILD
    assert triage(bundle, mild()).tier == "low"


def test_given_a_critical_answer_missing_then_it_is_high(bundle: Bundle) -> None:
    answers = mild(technique=("agentic",))
    del answers["autonomy"]
    outcome = triage(bundle, answers)
    assert outcome.tier == "high"
    assert "unknown-critical" in fired(outcome, "unknown")


@examined
@given(any_answers(BUNDLE), st.sampled_from(sorted(MILD)))
def test_unknown_is_never_low(answers: dict[str, Answer], attribute: str) -> None:
    answers.pop(attribute, None)
    outcome = triage(BUNDLE, answers)
    assert rank(outcome.tier) >= rank("medium")
    assert attribute in outcome.unknowns
    assert not outcome.auto_confirmable


@examined
@given(any_answers(BUNDLE))
def test_the_bundle_confirms_only_the_lowest_tier_without_doubt(answers: dict[str, Answer]) -> None:
    outcome = triage(BUNDLE, answers)
    doubt = outcome.unknowns or fired(outcome, "unknown") or fired(outcome, "contradiction")
    assert outcome.auto_confirmable is (outcome.tier == "low" and not doubt)


# --- contradictions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "answers"),
    [
        ("personal-data-denied", {"personal_data": "no", "demographic_features": ("age",)}),
        ("public-service-for-staff-only", {"exposure": "internal", "public_information": "yes"}),
        ("supervised-without-a-person", {"autonomy": "recommends", "human_involvement": "none"}),
        ("nobody-affected-yet-significant", {"affected_groups": ("nobody",), "impact_money": "significant"}),
        ("everyday-use-with-power", {"everyday_use": "writing", "autonomy": "unsupervised"}),
    ],
)
def test_given_answers_that_contradict_then_a_person_must_look(
    bundle: Bundle, rule: str, answers: dict[str, Answer]
) -> None:
    outcome = triage(bundle, mild(**answers))
    assert rule in fired(outcome, "contradiction")
    assert not outcome.auto_confirmable


# --- the score ------------------------------------------------------------------------------------------------------


def test_given_several_mild_signs_then_their_sum_makes_the_tier(bundle: Bundle) -> None:
    outcome = triage(
        bundle, mild(sector="public-services", everyday_use="own-purpose", phase="operation", personal_data="yes")
    )
    assert outcome.score == 5 + 4 + 3 + 2
    assert outcome.tier == "high"
    assert fired(outcome, "elevation") == set()
    assert {"score-medium", "score-high", "weight-sector"} <= fired(outcome)


def test_the_reason_of_a_weight_names_the_answer_and_its_points(bundle: Bundle) -> None:
    (rule,) = triage(bundle, mild(phase="operation")).fired
    assert (rule.effect, rule.reason) == ("+3 points", "The nearer to use, the nearer to harm: In operation.")


def test_of_several_choices_the_heaviest_counts_once(bundle: Bundle) -> None:
    assert triage(bundle, mild(output=("decision", "score", "content"))).score == 3


@pytest.mark.parametrize("sector", sorted(BUNDLE.form.by_id["sector"].choices))
def test_no_area_alone_makes_a_system_high(bundle: Bundle, sector: str) -> None:
    assert triage(bundle, {"sector": sector}).tier == "medium"
    assert triage(bundle, mild(sector=sector)).tier in ("low", "medium")


def test_not_even_the_area_and_the_purpose_together_make_a_system_high(bundle: Bundle) -> None:
    for sector in bundle.form.by_id["sector"].choices:
        assert triage(bundle, {"sector": sector, "everyday_use": "own-purpose", "phase": "initiated"}).tier == "medium"


def test_a_system_can_be_high_in_no_risky_area_at_all(bundle: Bundle) -> None:
    answers = mild(everyday_use="own-purpose", phase="operation", origin="contracted", essential_service="yes")
    assert triage(bundle, answers).tier == "high"


# --- what follows ---------------------------------------------------------------------------------------------------


@examined
@given(any_answers(BUNDLE))
def test_every_rule_is_traced_and_what_fired_is_part_of_it(answers: dict[str, Answer]) -> None:
    outcome, rules = triage(BUNDLE, answers), BUNDLE.rules
    expected = len(rules.prohibited) + len(rules.elevations) + 2 + len(rules.contradictions)
    assert len(outcome.trace) == expected + len(rules.weights) + len(rules.thresholds)
    assert [rule.rule for rule in outcome.fired] == [one.rule for one in outcome.trace if one.fired]
    assert outcome.score == sum(one.points for one in outcome.trace)
    assert all(one.reason for one in outcome.trace)


@examined
@given(any_answers(BUNDLE))
def test_the_order_of_answers_does_not_matter(answers: dict[str, Answer]) -> None:
    assert triage(BUNDLE, dict(reversed(answers.items()))) == triage(BUNDLE, answers)


def test_the_answer_carries_what_the_tier_demands(bundle: Bundle) -> None:
    outcome = triage(bundle, mild(impact_rights="significant"))
    assert outcome.disciplines == bundle.disciplines_for("high", MILD)
    assert outcome.evidence == bundle.evidence_for("high", MILD)
    assert outcome.clocks == bundle.clocks_for("high")
    assert (outcome.policy_version, outcome.policy_digest) == (bundle.version, bundle.digest)
