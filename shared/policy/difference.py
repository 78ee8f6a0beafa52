"""What a material change did to a triage, in words."""

from collections.abc import Iterator, Mapping

import msgspec

from shared.policy.outcome import FiredRule, Triage


class RecordedRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule did and why, as it was recorded when it applied."""

    effect: str
    reason: str
    attributes: tuple[str, ...]

    def same_as(self, now: FiredRule) -> bool:
        """Whether the rule still says the same; that a score was reached, it says of each score in other words."""
        return now.kind == "score" or (self.effect, self.reason, self.attributes) == (
            now.effect,
            now.reason,
            now.attributes,
        )


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on record of a tier: `rules` by their ids, the level of `evidence` by artefact, `labels` in words."""

    tier: str
    score: int
    rules: Mapping[str, RecordedRule]
    disciplines: tuple[str, ...]
    evidence: Mapping[str, str]
    labels: tuple[str, ...]
    unknowns: tuple[str, ...]
    policy_version: str
    policy_digest: str


def difference(before: Recorded, after: Triage) -> tuple[str, ...]:
    """The difference as sentences, the gravest first; empty when nothing that matters changed."""
    return (
        *_tier_and_score(before, after),
        *_rules(before.rules, after),
        *_set("Discipline", before.disciplines, after.disciplines, "must now sign off", "need no longer sign off"),
        *_evidence(before.evidence, after),
        *_set("Legal class", before.labels, labels_in_words(after), "now applies", "no longer applies"),
        *_set("Answer", before.unknowns, after.unknowns, "is now unknown", "is no longer unknown"),
        *_policy(before, after),
    )


def labels_in_words(found: Triage) -> tuple[str, ...]:
    """The legal classes as they are recorded."""
    return tuple(f"{label.scheme}: {label.title}" for label in found.labels)


def _tier_and_score(before: Recorded, after: Triage) -> Iterator[str]:
    if before.tier != after.tier:
        yield f"The tier goes from {before.tier} to {after.tier}."
    if before.score != after.score:
        yield f"The score goes from {before.score} to {after.score}."


def _rules(then: Mapping[str, RecordedRule], after: Triage) -> Iterator[str]:
    now = {rule.rule: rule for rule in after.fired}
    for name, rule in now.items():
        if name not in then:
            yield f"Rule {name} now applies ({rule.effect}): {rule.reason}"
        elif not then[name].same_as(rule):
            yield f"Rule {name} applies otherwise ({then[name].effect}, now {rule.effect}): {rule.reason}"
    for name, gone in then.items():
        if name not in now:
            yield f"Rule {name} no longer applies (it meant {gone.effect})."


def _evidence(then: Mapping[str, str], after: Triage) -> Iterator[str]:
    now = {one.artefact: one.level for one in after.evidence}
    for artefact, level in now.items():
        if artefact not in then:
            yield f"Evidence {artefact} is now asked for ({level})."
        elif then[artefact] != level:
            yield f"Evidence {artefact} is now asked for as {level} instead of {then[artefact]}."
    for artefact in then:
        if artefact not in now:
            yield f"Evidence {artefact} is no longer asked for."


def _policy(before: Recorded, after: Triage) -> Iterator[str]:
    if before.policy_digest != after.policy_digest:
        yield f"The policy went from version {before.policy_version} to {after.policy_version} in between."


def _set(what: str, then: tuple[str, ...], now: tuple[str, ...], added: str, gone: str) -> Iterator[str]:
    yield from (f"{what} {name} {added}." for name in now if name not in then)
    yield from (f"{what} {name} {gone}." for name in then if name not in now)
