"""What a tier demands: disciplines and evidence."""

from collections.abc import Iterator

from shared.policy.schema import Documents


def disciplines(docs: Documents) -> Iterator[str]:
    """Every discipline that is asked for is one."""
    known = set(docs.disciplines.disciplines)
    named = [(f"by_tier {tier}", name) for tier, names in docs.disciplines.by_tier.items() for name in names]
    named += [(rule.id, name) for rule in docs.disciplines.rules for name in rule.add]
    yield from (f"disciplines.yaml: {place}: no discipline {name!r}" for place, name in named if name not in known)


def evidence(docs: Documents) -> Iterator[str]:
    """Every level of evidence that is asked for is one."""
    for artefact in docs.evidence.artefacts:
        for tier, demand in artefact.by_tier.items():
            if demand.level not in docs.evidence.levels:
                yield f"evidence.yaml: {artefact.id}, {tier}: there is no level {demand.level!r}"
