"""The triage engine: prohibited uses, hard elevations, unknown answers, then the weighted score.

Every stage yields floors and the tier is the highest of them all, so nothing a later stage finds can lower what an
earlier one found, and a severe answer is never averaged away. The engine proposes; a person confirms.
"""

from collections.abc import Iterator
from functools import lru_cache

from shared.policy.bundle import Bundle
from shared.policy.condition import Answers, given, holds
from shared.policy.outcome import Considered, FiredRule, RuleKind, Triage
from shared.policy.rules import Verdicts, Weight


def triage(bundle: Bundle, answers: Answers) -> Triage:
    """The tier that the bundle proposes for these checked answers, with every rule that was considered."""
    unknowns = bundle.form.unknowns(answers)
    trace = _judged(bundle.rules.floors, answers)
    trace += _unknowns(bundle, answers, unknowns)
    trace += _judged(bundle.rules.conflicts, answers)
    weighed = list(_weights(bundle, answers))
    score = sum(one.points for one in weighed)
    trace += [*weighed, *_score(bundle, score)]
    tier = bundle.tiers.named(bundle.tiers.highest(*(one.tier for one in trace if one.fired and one.tier)))
    return Triage(
        tier=tier.id,
        high_risk=tier.high_risk,
        prohibited=tier.prohibited,
        opens_review=tier.opens_review,
        score=score,
        fired=tuple(_as_fired(one) for one in trace if one.fired),
        trace=tuple(trace),
        disciplines=bundle.disciplines_for(tier.id, answers),
        evidence=bundle.evidence_for(tier.id, answers),
        clocks=bundle.clocks_for(tier.id),
        labels=bundle.labels_for(answers),
        unknowns=unknowns,
        auto_confirmable=_auto_confirmable(bundle, tier.id, trace),
        policy_version=bundle.version,
        policy_digest=bundle.digest,
    )


def _judged(verdicts: Verdicts, answers: Answers) -> list[Considered]:
    return [fired if holds(when, answers) else calm for when, calm, fired in verdicts]


def _unknowns(bundle: Bundle, answers: Answers, needed: tuple[str, ...]) -> Iterator[Considered]:
    meaning, form = bundle.rules.unknowns, bundle.form
    for rule, missing, tier, reason in (
        ("unknown-critical", form.critical_unknowns(answers), meaning.critical_at_least, meaning.critical_reason),
        ("unknown-needed", needed, meaning.at_least, meaning.reason),
    ):
        words = f"{reason} Not known: {', '.join(form.by_id[name].label for name in missing)}." if missing else reason
        yield _floor(rule, "unknown", bool(missing), tier, words, missing)


def _weights(bundle: Bundle, answers: Answers) -> Iterator[Considered]:
    for weight in bundle.rules.weights:
        points, value = _heaviest(weight, answers)
        label = bundle.form.by_id[weight.attribute].choices.get(value, "not known")
        yield _weighed(weight.attribute, weight.reason, label, points)


@lru_cache
def _weighed(attribute: str, reason: str, label: str, points: int) -> Considered:
    return Considered(
        rule=f"weight-{attribute}",
        kind="weight",
        fired=points > 0,
        effect=f"{points:+d} points",
        reason=f"{reason}: {label}.",
        attributes=(attribute,),
        points=points,
    )


def _heaviest(weight: Weight, answers: Answers) -> tuple[int, str]:
    brings, values = weight.table, given(answers, weight.attribute)
    heaviest = max(values, key=lambda value: brings.get(value, 0)) if len(values) > 1 else values[0]
    return brings.get(heaviest, 0), heaviest


def _score(bundle: Bundle, score: int) -> Iterator[Considered]:
    for tier, least in bundle.rules.thresholds.items():
        words = f"The score is {score}; from {least} on it is tier {tier}."
        yield _floor(f"score-{tier}", "score", score >= least, tier, words, ())


@lru_cache(1024)
def _floor(rule: str, kind: RuleKind, fired: bool, tier: str, reason: str, attributes: tuple[str, ...]) -> Considered:
    effect = f"at least tier {tier}"
    return Considered(rule=rule, kind=kind, fired=fired, effect=effect, reason=reason, attributes=attributes, tier=tier)


def _as_fired(one: Considered) -> FiredRule:
    return FiredRule(rule=one.rule, kind=one.kind, effect=one.effect, reason=one.reason, attributes=one.attributes)


def _auto_confirmable(bundle: Bundle, tier: str, trace: list[Considered]) -> bool:
    in_doubt = any(one.fired and one.kind in ("unknown", "contradiction") for one in trace)
    return bundle.rules.auto_confirm and tier == bundle.tiers.lowest and not in_doubt
