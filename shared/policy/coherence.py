"""Whether the files of a bundle agree with each other: every name that one uses, another defines."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import msgspec

from shared.policy.condition import UNKNOWN, When, leaves
from shared.policy.schema import Documents


def incoherences(docs: Documents) -> list[str]:
    """Everything that does not fit together, in words, with the file in front."""
    return [
        *_repeated(docs),
        *_below_zero(docs),
        *_escalation(docs),
        *_form(docs),
        *_conditions(docs),
        *_tier_names(docs),
        *_weights(docs),
        *_disciplines(docs),
        *_evidence(docs),
        *_roles(docs),
        *_regions(docs),
    ]


def _repeated(docs: Documents) -> Iterator[str]:
    """Of two things of one name only one would count, and records could not say which."""
    rules = docs.triage
    named: dict[str, Iterable[str]] = {
        "tiers.yaml: tier": (one.id for one in docs.tiers.tiers),
        "form.yaml: attribute": (one.id for one in docs.form.attributes),
        "triage.yaml: rule": (one.id for one in (*rules.prohibited, *rules.elevations, *rules.contradictions)),
        "triage.yaml: weight of": (one.attribute for one in rules.weights),
        "disciplines.yaml: rule": (one.id for one in docs.disciplines.rules),
        "evidence.yaml: artefact": (one.id for one in docs.evidence.artefacts),
        "clocks.yaml: notice": (one.id for one in docs.clocks.notices),
        "authority.yaml: trigger": (one.id for one in docs.authority.triggers),
        "regions.yaml: region": (one.id for one in docs.regions.regions),
        "labels.yaml: label": (one.id for one in docs.labels.labels),
        "kpis.yaml: KPI": (one.id for one in docs.kpis.kpis),
        "kpis.yaml: number": (str(one.number) for one in docs.kpis.kpis),
    }
    for place, names in named.items():
        yield from (f"{place} {name!r} twice" for name, times in sorted(Counter(names).items()) if times > 1)


def _below_zero(docs: Documents) -> Iterator[str]:
    """No amount of anything in a bundle is negative; the points of a weight have words of their own."""
    for name, content in msgspec.to_builtins(docs).items():
        if name == "triage":
            del content["weights"]
        yield from (f"{name}.yaml: {path} is below zero" for path, amount in _amounts(content, "$") if amount < 0)


def _amounts(content: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(content, dict):
        for name, below in content.items():
            yield from _amounts(below, f"{path}.{name}")
    elif isinstance(content, list | tuple):
        for index, below in enumerate(content):
            yield from _amounts(below, f"{path}[{index}]")
    elif isinstance(content, int | float):
        yield path, content


def _escalation(docs: Documents) -> Iterator[str]:
    """Each step comes after the one before, and somebody is above the leads, who answer for a discipline alone."""
    chain = docs.clocks.escalation.chain
    for before, step in pairwise(chain):
        if step.after_business_days <= before.after_business_days:
            yield f"clocks.yaml: escalation: {step.role} is not told later than {before.role}"
    if all(step.role == "discipline_lead" for step in chain):
        yield "clocks.yaml: escalation: nobody is above the discipline leads"


def _form(docs: Documents) -> Iterator[str]:
    for attribute in docs.form.attributes:
        if attribute.group not in docs.form.groups:
            yield f"form.yaml: {attribute.id}: there is no group {attribute.group!r}"


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


def _conditions(docs: Documents) -> Iterator[str]:
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


def _tier_names(docs: Documents) -> Iterator[str]:
    known = {tier.id for tier in docs.tiers.tiers}
    rules, clocks = docs.triage, docs.clocks
    named = [("triage.yaml: prohibited_tier", rules.prohibited_tier)]
    named += [(f"triage.yaml: {rule.id}", rule.at_least) for rule in rules.elevations]
    named += [("triage.yaml: unknowns", rules.unknowns.at_least)]
    named += [("triage.yaml: unknowns", rules.unknowns.critical_at_least)]
    named += [("triage.yaml: thresholds", tier) for tier in rules.thresholds]
    named += [("disciplines.yaml: by_tier", tier) for tier in docs.disciplines.by_tier]
    named += [(f"disciplines.yaml: {rule.id}", tier) for rule in docs.disciplines.rules for tier in rule.tiers]
    named += [(f"evidence.yaml: {one.id}", tier) for one in docs.evidence.artefacts for tier in one.by_tier]
    named += [(f"clocks.yaml: {kind}", tier) for kind, clock in clocks.clocks.items() for tier in clock.by_tier]
    named += [("clocks.yaml: acceptance", tier) for tier in clocks.acceptance.longest_months]
    named += [("clocks.yaml: post_launch_days", tier) for tier in clocks.post_launch_days]
    named += [(f"authority.yaml: {rule.kind}", tier) for rule in docs.authority.decisions for tier in rule.tiers]
    named += [(f"kpis.yaml: {kpi.id}", goal.tier) for kpi in docs.kpis.kpis for goal in kpi.targets if goal.tier]
    yield from (f"{place}: there is no tier {tier!r}" for place, tier in named if tier not in known)
    yield from (f"disciplines.yaml: nothing for tier {t!r}" for t in sorted(known - set(docs.disciplines.by_tier)))
    if rules.prohibited_tier in known and not docs.tiers.named(rules.prohibited_tier).prohibited:
        yield f"triage.yaml: prohibited_tier {rules.prohibited_tier!r} is not a prohibited tier"


def _weights(docs: Documents) -> Iterator[str]:
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


def _disciplines(docs: Documents) -> Iterator[str]:
    known = set(docs.disciplines.disciplines)
    named = [(f"by_tier {tier}", name) for tier, names in docs.disciplines.by_tier.items() for name in names]
    named += [(rule.id, name) for rule in docs.disciplines.rules for name in rule.add]
    yield from (f"disciplines.yaml: {place}: no discipline {name!r}" for place, name in named if name not in known)


def _evidence(docs: Documents) -> Iterator[str]:
    for artefact in docs.evidence.artefacts:
        for tier, demand in artefact.by_tier.items():
            if demand.level not in docs.evidence.levels:
                yield f"evidence.yaml: {artefact.id}, {tier}: there is no level {demand.level!r}"


def _roles(docs: Documents) -> Iterator[str]:
    authority = docs.authority
    named = [("authority.yaml: board", role) for role in (*authority.board, *authority.never_alone)]
    named += [(f"authority.yaml: {r.kind}", role) for r in authority.decisions for role in (*r.roles, *r.proposed_by)]
    named += [(f"authority.yaml: {trigger.id}", role) for trigger in authority.triggers for role in trigger.to]
    named += [("clocks.yaml: escalation", step.role) for step in docs.clocks.escalation.chain]
    named += [("clocks.yaml: escalation", role) for role in docs.clocks.escalation.inform]
    yield from (f"{place}: there is no role {role!r}" for place, role in named if role not in authority.roles)
    kinds = {rule.kind for rule in authority.decisions}
    for rule in authority.decisions:
        if rule.on_rejection is not None and rule.on_rejection not in kinds:
            yield f"authority.yaml: {rule.kind}: a rejection leads to {rule.on_rejection!r}, which nobody decides"
        if rule.kind == "launch" and rule.roles and set(rule.roles) <= set(authority.never_alone):
            yield "authority.yaml: launch: decided by an office that never approves a launch alone"


def _regions(docs: Documents) -> Iterator[str]:
    ids = [region.id for region in docs.regions.regions]
    if docs.regions.default_region not in ids:
        yield f"regions.yaml: there is no region {docs.regions.default_region!r} to be the default"
