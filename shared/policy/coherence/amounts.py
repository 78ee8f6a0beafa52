"""Names and numbers: no name twice, no amount that cannot be one."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from shared.policy.schema import Documents

MOST = 1_000_000
"""Of anything: days of two thousand years and more."""
MOST_MONTHS = 1_200
"""A hundred years."""


def repeated(docs: Documents) -> Iterator[str]:
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


def below_zero(docs: Documents) -> Iterator[str]:
    """No amount of anything in a bundle is negative; the points of a weight have words of their own."""
    for name, content in msgspec.to_builtins(docs).items():
        if name == "triage":
            del content["weights"]
        yield from (f"{name}.yaml: {path} is below zero" for path, amount in _amounts(content, "$") if amount < 0)


def beyond_bounds(docs: Documents) -> Iterator[str]:
    """No amount is so great that a date or a duration which is reckoned with it would have no name."""
    for name, content in msgspec.to_builtins(docs).items():
        for path, amount in _amounts(content, "$"):
            most = MOST_MONTHS if "months" in path else MOST
            if abs(amount) > most:
                yield f"{name}.yaml: {path} is beyond {most:,}"


def _amounts(content: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(content, dict):
        for name, below in content.items():
            yield from _amounts(below, f"{path}.{name}")
    elif isinstance(content, list | tuple):
        for index, below in enumerate(content):
            yield from _amounts(below, f"{path}[{index}]")
    elif isinstance(content, int | float):
        yield path, content
