"""Which disciplines must sign off."""

from shared.policy.condition import Answers, Data, When, holds


class DisciplineRule(Data, frozen=True, kw_only=True):
    """Disciplines that are needed besides those of the tier, because of what the system is."""

    id: str
    tiers: tuple[str, ...]
    add: tuple[str, ...]
    reason: str
    when: When


class DisciplineRules(Data, frozen=True, kw_only=True):
    """All disciplines with their labels, and who is needed when."""

    disciplines: dict[str, str]
    by_tier: dict[str, tuple[str, ...]]
    rules: tuple[DisciplineRule, ...]

    def for_tier(self, tier: str, answers: Answers) -> tuple[str, ...]:
        """The disciplines that must sign off, in the bundle's order."""
        needed = set(self.by_tier[tier])
        for rule in self.rules:
            if tier in rule.tiers and holds(rule.when, answers):
                needed.update(rule.add)
        return tuple(name for name in self.disciplines if name in needed)
