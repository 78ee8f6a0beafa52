"""Tiers of risk, in the order of risk."""

from functools import cached_property

from shared.policy.condition import Data


class Tier(Data, frozen=True, kw_only=True):
    """A tier. `high_risk` is what KPIs and passports count; `recertification_months` is absent where none is due."""

    id: str
    label: str
    summary: str
    high_risk: bool = False
    prohibited: bool = False
    opens_review: bool = True
    recertification_months: int | None = None


class Tiers(Data, frozen=True, kw_only=True, dict=True):
    """All tiers, lowest first."""

    tiers: tuple[Tier, ...]

    def rank(self, tier: str) -> int:
        """The tier's place, 0 for the lowest.

        Raises `LookupError` for one that the bundle does not have.
        """
        return self._ranks[tier] if tier in self._ranks else self._missing(tier)

    def named(self, tier: str) -> Tier:
        """The tier with that id.

        Raises `LookupError` for one that the bundle does not have.
        """
        return self.tiers[self.rank(tier)]

    def highest(self, *tiers: str) -> str:
        """The one with the highest rank; the lowest tier of all where none is given."""
        return max(tiers, key=self.rank, default=self.lowest)

    @property
    def lowest(self) -> str:
        """The id of the lowest tier."""
        return self.tiers[0].id

    @cached_property
    def _ranks(self) -> dict[str, int]:
        return {tier.id: rank for rank, tier in enumerate(self.tiers)}

    def _missing(self, tier: str) -> int:
        raise LookupError(f"the bundle has no tier {tier!r}")
