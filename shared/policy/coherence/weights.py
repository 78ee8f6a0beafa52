"""The weights of triage."""

from collections.abc import Iterator

from shared.policy.schema import Documents


def weights(docs: Documents) -> Iterator[str]:
    """Every weight is of a choice, gives points, and never takes them."""
    rules = docs.triage
    for weight in rules.weights:
        attribute = docs.form.by_id.get(weight.attribute)
        if attribute is None or attribute.kind == "text":
            yield f"triage.yaml: weight of {weight.attribute!r}: the form has no such choice"
            continue
        if not weight.points:
            yield f"triage.yaml: weight of {weight.attribute}: it gives no points to any choice"
            continue
        for choice in sorted(set(weight.points) - set(attribute.choices)):
            yield f"triage.yaml: weight of {weight.attribute}: there is no choice {choice!r}"
        if min((*weight.points.values(), weight.unknown)) < 0:
            yield f"triage.yaml: weight of {weight.attribute}: points below zero would average a severe answer away"
        if weight.unknown > max(weight.points.values()):
            yield f"triage.yaml: weight of {weight.attribute}: unknown weighs more than every answer"
    yield from _alone(docs)


def _alone(docs: Documents) -> Iterator[str]:
    """An attribute that must not decide by itself does not, though every other answer be unknown."""
    high = [tier.id for tier in docs.tiers.tiers if tier.high_risk]
    least = min((docs.triage.thresholds[tier] for tier in high if tier in docs.triage.thresholds), default=None)
    unknowns = sum(weight.unknown for weight in docs.triage.weights)
    for weight in docs.triage.weights:
        reach = max(weight.points.values(), default=0) + unknowns - weight.unknown
        if weight.not_alone and least is not None and reach >= least:
            yield f"triage.yaml: {weight.attribute} alone reaches {reach} points, and {least} make a high-risk tier"
