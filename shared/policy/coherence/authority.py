"""The matrix of authority."""

from collections import Counter
from collections.abc import Iterator

from shared.policy.authority import LAUNCHED_UNREVIEWED, RELATIONS, Authority, Rule
from shared.policy.schema import Documents

_ALWAYS = ("launch", "tier-confirmation", "tier-downgrade")
"""The decisions that may be asked for at every tier."""


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


def matrix(docs: Documents) -> Iterator[str]:
    """One rule, and no second one, for each decision that is taken at a tier."""
    authority = docs.authority
    named = Counter((rule.kind, tier) for rule in authority.decisions for tier in rule.tiers or ("",))
    for (kind, at), times in sorted(named.items()):
        if times > 1:
            yield f"authority.yaml: {kind}: two rules for {f'tier {at!r}' if at else 'all tiers'}"
    for tier in docs.tiers.tiers:
        for kind in _ALWAYS:
            if _rule(authority, kind, tier.id) is None:
                yield f"authority.yaml: {kind}: nothing for tier {tier.id!r}"
        if tier.opens_review:
            yield from _launch(authority, tier.id)
        yield from _downgrade(authority, tier.id)


def _rule(authority: Authority, kind: str, tier: str) -> Rule | None:
    try:
        return authority.for_decision(kind, tier)
    except LookupError:
        return None


def _launch(authority: Authority, tier: str) -> Iterator[str]:
    """What the disciplines do not agree on goes to the board."""
    rule = _rule(authority, "launch", tier)
    last = rule if rule is None or rule.on_rejection is None else _rule(authority, rule.on_rejection, tier)
    if rule is not None and (last is None or last.body != "board"):
        yield f"authority.yaml: launch: at tier {tier!r} the board decides neither first nor after a rejection"


def _downgrade(authority: Authority, tier: str) -> Iterator[str]:
    """To lower a tier takes the board, and no fewer votes than to raise one (DESIGN 10)."""
    down, up = (_rule(authority, kind, tier) for kind in ("tier-downgrade", "tier-upgrade"))
    if down is None:
        return
    if down.quorum is None:
        yield f"authority.yaml: tier-downgrade: at tier {tier!r} it is not the board that decides"
    elif up is not None and up.quorum is not None:
        less = (
            down.quorum.percent < up.quorum.percent
            or down.quorum.at_least < up.quorum.at_least
            or down.extra_votes < up.extra_votes
        )
        if less:
            yield f"authority.yaml: tier-downgrade: at tier {tier!r} it takes less than tier-upgrade"


def conflicts(docs: Documents) -> Iterator[str]:
    """Those relations bar a person that the product looks at, and all of them: another would promise in vain."""
    named = set(docs.authority.conflicted)
    for relation in sorted(RELATIONS - named):
        yield f"authority.yaml: conflicted: {relation} is missing, and would decide on their own matter"
    for relation in sorted(named - RELATIONS):
        yield f"authority.yaml: conflicted: nothing looks whether somebody is the {relation} of a matter"


def triggers(docs: Documents) -> Iterator[str]:
    """The trigger that the product pulls by its name is there."""
    if all(trigger.id != LAUNCHED_UNREVIEWED for trigger in docs.authority.triggers):
        yield f"authority.yaml: triggers: there is no {LAUNCHED_UNREVIEWED!r}"
