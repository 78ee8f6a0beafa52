"""What a material change did, in words."""

from dataclasses import replace

import msgspec

from shared.policy.bundle import Bundle
from shared.policy.difference import Recorded, RecordedRule, difference, labels_in_words
from shared.policy.outcome import Triage
from shared.policy.triage import triage
from tests.domain.policy.answering import MILD, mild


def recorded(found: Triage) -> Recorded:
    """A triage as it is put on record."""
    return Recorded(
        tier=found.tier,
        score=found.score,
        rules={
            one.rule: RecordedRule(effect=one.effect, reason=one.reason, attributes=one.attributes)
            for one in found.fired
        },
        disciplines=found.disciplines,
        evidence={one.artefact: one.level for one in found.evidence},
        labels=labels_in_words(found),
        unknowns=found.unknowns,
        policy_version=found.policy_version,
        policy_digest=found.policy_digest,
    )


def test_no_change_has_no_difference(bundle: Bundle) -> None:
    assert difference(recorded(triage(bundle, MILD)), triage(bundle, MILD)) == ()


def test_a_change_says_tier_rules_disciplines_evidence_and_classes(bundle: Bundle) -> None:
    before = triage(bundle, mild(technique=("generative",), phase="development"))
    after = triage(
        bundle, mild(technique=("generative",), phase="operation", exposure="public", impact_rights="significant")
    )
    words = difference(recorded(before), after)
    assert words[0] == "The tier goes from low to high."
    assert words[1] == f"The score goes from {before.score} to {after.score}."
    text = "\n".join(words)
    assert "Rule significant-effect-on-rights now applies (at least tier high): It can significantly affect" in text
    assert "Rule weight-phase applies otherwise (+2 points, now +3 points)" in text
    assert "Discipline accessibility must now sign off." in text
    assert "Evidence impact-assessment is now asked for (full)." in text
    assert "Evidence system-card is now asked for as full instead of short." in text
    assert "Legal class EU AI Act: Transparency duties now applies." in text


def test_the_way_back_says_what_no_longer_holds(bundle: Bundle) -> None:
    words = difference(recorded(triage(bundle, mild(impact_rights="significant"))), triage(bundle, MILD))
    text = "\n".join(words)
    assert "The tier goes from high to low." in text
    assert "Rule significant-effect-on-rights no longer applies (it meant at least tier high)." in text
    assert "Discipline sre need no longer sign off." in text
    assert "Evidence red-team-report is no longer asked for." in text


def test_answers_found_and_lost_are_named(bundle: Bundle) -> None:
    partial = {name: value for name, value in MILD.items() if name != "sector"}
    assert "Answer sector is no longer unknown." in difference(recorded(triage(bundle, partial)), triage(bundle, MILD))
    assert "Answer sector is now unknown." in difference(recorded(triage(bundle, MILD)), triage(bundle, partial))


def test_another_policy_in_between_is_said(bundle: Bundle) -> None:
    later = replace(bundle, version="2027.1", digest="f" * 64)
    assert difference(recorded(triage(bundle, MILD)), triage(later, MILD)) == (
        "The policy went from version 2026.1 to 2027.1 in between.",
    )


def test_a_rule_that_says_the_same_of_another_choice_is_told_and_a_score_only_once(bundle: Bundle) -> None:
    before = triage(bundle, mild(impact_rights="significant"))
    told = [one for one in before.fired if one.kind == "weight"]
    words = difference(
        msgspec.structs.replace(
            recorded(before),
            rules={
                one.rule: RecordedRule(effect=one.effect, reason=f"{one.reason} Once.", attributes=one.attributes)
                for one in before.fired
                if one.kind in ("weight", "score")
            },
        ),
        before,
    )
    for rule in told:
        assert f"Rule {rule.rule} applies otherwise ({rule.effect}, now {rule.effect}): {rule.reason}" in words
    assert not any("Rule score-" in sentence for sentence in words)
