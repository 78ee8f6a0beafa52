"""The form: what may be answered, and what an answer becomes."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.policy.bundle import Bundle, load_bundle
from shared.refusals import Refused
from tests.domain.policy.answering import any_answers

BUNDLE = load_bundle()


def _errors(bundle: Bundle, answers: object) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        bundle.form.check(answers)
    assert refused.value.code == "invalid-answer"
    return {error["pointer"]: error["detail"] for error in refused.value.errors}


def test_answers_come_back_in_form_order_and_several_choices_in_theirs(bundle: Bundle) -> None:
    checked = bundle.form.check({"sector": "health", "output": ["score", "decision"], "phase": "operation"})
    assert list(checked.items()) == [("phase", "operation"), ("output", ("decision", "score")), ("sector", "health")]


def test_unknown_is_always_legal_and_means_absent(bundle: Bundle) -> None:
    everything = {a.id: "unknown" if a.kind != "multi" else ["unknown"] for a in bundle.form.attributes}
    assert bundle.form.check(everything) == {}
    assert bundle.form.check({"output": []}) == {}


def test_a_list_may_say_that_more_is_unknown(bundle: Bundle) -> None:
    checked = bundle.form.check({"output": ["unknown", "score"]})
    assert checked == {"output": ("score", "unknown")}
    assert "output" in bundle.form.unknowns(checked)


def test_every_wrong_answer_is_named_with_its_place(bundle: Bundle) -> None:
    errors = _errors(
        bundle,
        {
            "sector": "astrology",
            "output": "score",
            "technique": ["rules", "rules"],
            "prohibited_practices": ["none", "social-scoring"],
            "phase": 3,
            "not/an~attribute": "x",
            "target_launch_date": "soon",
            "repository": "javascript:alert(1)",
            "summary": "bell \x07",
        },
    )
    assert errors.keys() == {
        "#/answers/sector",
        "#/answers/output",
        "#/answers/technique",
        "#/answers/prohibited_practices",
        "#/answers/phase",
        "#/answers/not~1an~0attribute",
        "#/answers/target_launch_date",
        "#/answers/repository",
        "#/answers/summary",
    }
    assert "health, justice" in errors["#/answers/sector"]
    assert "excludes" in errors["#/answers/prohibited_practices"]


def test_answers_that_are_no_object_are_refused(bundle: Bundle) -> None:
    assert _errors(bundle, ["sector"]) == {"#/answers": "not an object"}


@pytest.mark.parametrize("value", [None, True, 1, [["x"]], {"x": "y"}])
def test_an_answer_of_another_type_is_refused(bundle: Bundle, value: object) -> None:
    assert _errors(bundle, {"sector": value}).keys() == {"#/answers/sector"}
    assert _errors(bundle, {"output": value}).keys() == {"#/answers/output"}
    assert _errors(bundle, {"summary": value}).keys() == {"#/answers/summary"}


def test_text_is_trimmed_composed_and_bounded(bundle: Bundle) -> None:
    assert bundle.form.check({"summary": " cafe\u0301\n"}) == {"summary": "caf\u00e9"}
    assert bundle.form.check({"summary": "  "}) == {}
    assert "longer than 100" in _errors(bundle, {"version": "x" * 101})["#/answers/version"]


def test_text_and_choices_part_and_personal_text_is_known(bundle: Bundle) -> None:
    checked = bundle.form.check({"sector": "health", "summary": "s", "engineering_lead": "p"})
    assert bundle.form.divide(checked) == ({"sector": "health"}, {"summary": "s", "engineering_lead": "p"})
    assert bundle.form.personal("engineering_lead")
    assert not bundle.form.personal("summary")
    assert not bundle.form.personal("sector")


def test_a_change_replaces_what_it_names_and_unknown_takes_an_answer_back(bundle: Bundle) -> None:
    before = bundle.form.check({"sector": "health", "phase": "operation", "output": ["score"]})
    after = bundle.form.amended(before, {"sector": "unknown", "output": ["decision"]})
    assert after == {"phase": "operation", "output": ("decision",)}


def test_only_needed_answers_count_as_unknown(bundle: Bundle) -> None:
    needed = {attribute.id for attribute in bundle.form.attributes if attribute.needed}
    assert set(bundle.form.unknowns({})) == needed
    assert "scale" not in needed


def test_an_answer_is_critical_in_view_of_the_others(bundle: Bundle) -> None:
    assert bundle.form.critical_unknowns({"technique": ("predictive",)}) == ()
    assert bundle.form.critical_unknowns({"technique": ("agentic",)}) == ("autonomy",)
    assert bundle.form.critical_unknowns({"technique": ("agentic",), "autonomy": "assists"}) == ()


def test_the_json_schema_is_a_schema_and_says_what_the_form_needs(bundle: Bundle) -> None:
    schema = bundle.form.json_schema()
    Draft202012Validator.check_schema(schema)
    sector = schema["properties"]["sector"]
    assert sector["x-needed"] is True
    assert sector["enum"][-1] == "unknown"
    assert schema["properties"]["engineering_lead"]["x-personal"] is True
    assert schema["x-version"] == bundle.form.version


@settings(max_examples=60)
@given(any_answers(BUNDLE))
def test_checked_answers_satisfy_the_published_schema_and_checking_twice_changes_nothing(
    answers: dict[str, Any],
) -> None:
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in answers.items()}
    Draft202012Validator(BUNDLE.form.json_schema()).validate(plain)
    assert BUNDLE.form.check(plain) == answers


@settings(max_examples=150)
@given(
    st.dictionaries(
        st.sampled_from([a.id for a in BUNDLE.form.attributes]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.text(max_size=5))),
        max_size=5,
    )
)
def test_whatever_is_sent_is_either_in_normal_form_or_refused(answers: dict[str, Any]) -> None:
    try:
        checked = BUNDLE.form.check(answers)
    except Refused as refused:
        checked, errors = {}, refused.errors
        assert errors
    assert BUNDLE.form.check({k: list(v) if isinstance(v, tuple) else v for k, v in checked.items()}) == checked


@pytest.mark.parametrize("day", ["20260301", "2026-W09-7", "2026W097", "2026-3-1"])
def test_a_day_is_written_in_one_way(day: str) -> None:
    assert BUNDLE.form.check({"target_launch_date": "2026-03-01"}) == {"target_launch_date": "2026-03-01"}
    with pytest.raises(Refused, match="invalid-answer"):
        BUNDLE.form.check({"target_launch_date": day})
