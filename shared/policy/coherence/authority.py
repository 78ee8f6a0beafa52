"""The matrix of authority."""

from collections.abc import Iterator

from shared.policy.schema import Documents


def roles(docs: Documents) -> Iterator[str]:
    """Every role that is named is one, and a launch is never left to an office that must not take it alone."""
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
