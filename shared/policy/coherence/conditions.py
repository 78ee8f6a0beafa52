"""The form, and the conditions over its answers."""

from collections.abc import Iterator

from shared.policy.condition import UNKNOWN, When, leaves
from shared.policy.schema import Documents


def form(docs: Documents) -> Iterator[str]:
    """Every attribute stands in a group."""
    for attribute in docs.form.attributes:
        if attribute.group not in docs.form.groups:
            yield f"form.yaml: {attribute.id}: there is no group {attribute.group!r}"


def conditions(docs: Documents) -> Iterator[str]:
    """Every condition asks for choices that the form offers."""
    for place, when in _all_conditions(docs):
        for clause in leaves(when):
            attribute = docs.form.by_id.get(clause.attribute)
            if attribute is None:
                yield f"{place}: the form has no attribute {clause.attribute!r}"
            elif attribute.kind == "text":
                yield f"{place}: {clause.attribute} is free text, and free text decides nothing"
            else:
                unknown = set(clause.any_of + clause.none_of) - set(attribute.choices) - {UNKNOWN}
                yield from (f"{place}: {clause.attribute} has no choice {choice!r}" for choice in sorted(unknown))


def _all_conditions(docs: Documents) -> Iterator[tuple[str, When]]:
    rules = docs.triage
    yield from ((f"triage.yaml: {rule.id}", rule.when) for rule in rules.prohibited)
    yield from ((f"triage.yaml: {rule.id}", rule.when) for rule in rules.elevations)
    yield from ((f"triage.yaml: {rule.id}", rule.when) for rule in rules.contradictions)
    yield from ((f"disciplines.yaml: {rule.id}", rule.when) for rule in docs.disciplines.rules)
    yield from ((f"labels.yaml: {rule.id}", rule.when) for rule in docs.labels.labels)
    yield from ((f"form.yaml: {attribute.id}", attribute.critical_when) for attribute in docs.form.attributes)
    for artefact in docs.evidence.artefacts:
        yield from ((f"evidence.yaml: {artefact.id}", demand.when) for demand in artefact.by_tier.values())


def unasked(docs: Documents) -> Iterator[str]:
    """What prohibits or elevates is asked for: else to leave it out would be taken for the mild answer."""
    asked = {one.id for one in docs.form.attributes if one.needed or one.critical or one.critical_when}
    looked_at = {
        name: rule.id
        for rule in reversed((*docs.triage.prohibited, *docs.triage.elevations))
        for name in rule.attributes
        if name in docs.form.by_id
    }
    for name, rule in sorted(looked_at.items()):
        if name not in asked:
            yield f"form.yaml: {name}: {rule} of triage.yaml looks at it: it must be needed, or critical"
