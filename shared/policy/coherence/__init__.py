"""Whether the files of a bundle agree with each other: every name that one uses, another defines.

A file for each part of the bundle; each check yields what is wrong, in words, with the file of the bundle in front.
"""

from shared.policy.coherence.amounts import below_zero, beyond_bounds, repeated
from shared.policy.coherence.authority import conflicts, matrix, roles, triggers
from shared.policy.coherence.clocks import clocks, escalation, regions
from shared.policy.coherence.conditions import conditions, form, unasked
from shared.policy.coherence.demands import disciplines, evidence
from shared.policy.coherence.tiers import prohibition, tier_names, unknowns
from shared.policy.coherence.weights import weights
from shared.policy.schema import Documents

_CHECKS = (
    repeated,
    below_zero,
    beyond_bounds,
    escalation,
    form,
    conditions,
    unasked,
    tier_names,
    prohibition,
    unknowns,
    weights,
    disciplines,
    evidence,
    roles,
    matrix,
    conflicts,
    triggers,
    clocks,
    regions,
)


def incoherences(docs: Documents) -> list[str]:
    """Everything that does not fit together, in words, with the file in front."""
    return [wrong for check in _CHECKS for wrong in check(docs)]
