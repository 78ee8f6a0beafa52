"""What a material change did to a triage, in words."""

from collections.abc import Iterator

from shared.policy.outcome import Triage


def difference(before: Triage, after: Triage) -> tuple[str, ...]:
    """The difference as sentences, the gravest first; empty when nothing that matters changed."""
    return (
        *_tier_and_score(before, after),
        *_rules(before, after),
        *_set("Discipline", before.disciplines, after.disciplines, "must now sign off", "need no longer sign off"),
        *_evidence(before, after),
        *_labels(before, after),
        *_set("Answer", before.unknowns, after.unknowns, "is now unknown", "is no longer unknown"),
        *_policy(before, after),
    )


def _tier_and_score(before: Triage, after: Triage) -> Iterator[str]:
    if before.tier != after.tier:
        yield f"The tier goes from {before.tier} to {after.tier}."
    if before.score != after.score:
        yield f"The score goes from {before.score} to {after.score}."


def _rules(before: Triage, after: Triage) -> Iterator[str]:
    then = {rule.rule: rule for rule in before.fired}
    now = {rule.rule: rule for rule in after.fired}
    for name, rule in now.items():
        if name not in then:
            yield f"Rule {name} now applies ({rule.effect}): {rule.reason}"
        elif rule.kind != "score" and rule != then[name]:
            yield f"Rule {name} applies otherwise ({then[name].effect}, now {rule.effect}): {rule.reason}"
    for name, rule in then.items():
        if name not in now:
            yield f"Rule {name} no longer applies (it meant {rule.effect})."


def _evidence(before: Triage, after: Triage) -> Iterator[str]:
    then = {one.artefact: one.level for one in before.evidence}
    now = {one.artefact: one.level for one in after.evidence}
    for artefact, level in now.items():
        if artefact not in then:
            yield f"Evidence {artefact} is now asked for ({level})."
        elif then[artefact] != level:
            yield f"Evidence {artefact} is now asked for as {level} instead of {then[artefact]}."
    for artefact in then:
        if artefact not in now:
            yield f"Evidence {artefact} is no longer asked for."


def _labels(before: Triage, after: Triage) -> Iterator[str]:
    then = tuple(f"{label.scheme}: {label.title}" for label in before.labels)
    now = tuple(f"{label.scheme}: {label.title}" for label in after.labels)
    yield from _set("Legal class", then, now, "now applies", "no longer applies")


def _policy(before: Triage, after: Triage) -> Iterator[str]:
    if before.policy_digest != after.policy_digest:
        yield f"The policy went from version {before.policy_version} to {after.policy_version} in between."


def _set(what: str, then: tuple[str, ...], now: tuple[str, ...], added: str, gone: str) -> Iterator[str]:
    yield from (f"{what} {name} {added}." for name in now if name not in then)
    yield from (f"{what} {name} {gone}." for name in then if name not in now)
