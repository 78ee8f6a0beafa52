"""Legal classes: labels beside the tier, each from its own dated rule."""

from datetime import date

import msgspec

from shared.policy.condition import Answers, Data, When, holds


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A legal class that these answers fall under, from `applies_from` (to `applies_until`) on, both inclusive."""

    id: str
    scheme: str
    title: str
    applies_from: date
    applies_until: date | None
    reason: str
    source: str


class LabelRule(Data, frozen=True, kw_only=True):
    """When a legal class applies. `source` is the law's place."""

    id: str
    scheme: str
    title: str
    applies_from: date
    reason: str
    source: str
    when: When
    applies_until: date | None = None

    def __post_init__(self) -> None:
        if self.applies_until is not None and self.applies_until < self.applies_from:
            raise ValueError(f"{self.id}: it applies until a day before the one from which it applies")


class LabelRules(Data, frozen=True, kw_only=True):
    """All legal classes that the bundle knows."""

    labels: tuple[LabelRule, ...]

    def for_answers(self, answers: Answers) -> tuple[Label, ...]:
        """The classes that these answers fall under, whatever the date: each says from when on it applies."""
        return tuple(
            Label(
                id=rule.id,
                scheme=rule.scheme,
                title=rule.title,
                applies_from=rule.applies_from,
                applies_until=rule.applies_until,
                reason=rule.reason,
                source=rule.source,
            )
            for rule in self.labels
            if holds(rule.when, answers)
        )
