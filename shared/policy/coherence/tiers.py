"""The tiers, wherever a file names them."""

from collections.abc import Iterator

from shared.policy.schema import Documents


def tier_names(docs: Documents) -> Iterator[str]:
    """Every tier that is named is one, and has its disciplines."""
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


def prohibition(docs: Documents) -> Iterator[str]:
    """Nothing stands above the prohibition: triage takes the highest tier, and one above would lift it."""
    for tier in docs.tiers.tiers[:-1]:
        if tier.prohibited:
            yield f"tiers.yaml: {tier.id}: a prohibited tier is the last: one above it would undo the prohibition"


def unknowns(docs: Documents) -> Iterator[str]:
    """What is unknown is never taken for mild (DESIGN 9)."""
    lowest = [tier.id for tier in docs.tiers.tiers[:1]]
    meaning = docs.triage.unknowns
    for name, tier in (("at_least", meaning.at_least), ("critical_at_least", meaning.critical_at_least)):
        if tier in lowest:
            yield f"triage.yaml: unknowns: {name} is the lowest tier, which would take what is unknown for mild"
