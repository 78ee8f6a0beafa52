"""Clocks, their regions, and to whom a breach goes."""

from collections.abc import Iterator
from itertools import pairwise

from shared.policy.clocks import OF_REVIEW, OF_TRIAGE
from shared.policy.schema import Documents


def escalation(docs: Documents) -> Iterator[str]:
    """Each step comes after the one before, and somebody is above the leads, who answer for a discipline alone."""
    chain = docs.clocks.escalation.chain
    for before, step in pairwise(chain):
        if step.after_business_days <= before.after_business_days:
            yield f"clocks.yaml: escalation: {step.role} is not told later than {before.role}"
    if all(step.role == "discipline_lead" for step in chain):
        yield "clocks.yaml: escalation: nobody is above the discipline leads"


def regions(docs: Documents) -> Iterator[str]:
    """The region by default is one."""
    ids = [region.id for region in docs.regions.regions]
    if docs.regions.default_region not in ids:
        yield f"regions.yaml: there is no region {docs.regions.default_region!r} to be the default"


def clocks(docs: Documents) -> Iterator[str]:
    """Every tier has the clocks that are started at it."""
    for tier in docs.tiers.tiers:
        for kind in (*OF_TRIAGE, *(OF_REVIEW if tier.opens_review else ())):
            if kind not in docs.clocks.clocks or tier.id not in docs.clocks.clocks[kind].by_tier:
                yield f"clocks.yaml: {kind}: nothing for tier {tier.id!r}"
