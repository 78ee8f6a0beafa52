"""The policy in force as far as review needs it."""

from collections.abc import Callable
from dataclasses import dataclass

from services.review.domain.clock import Calendars
from shared.policy.authority import Authority as Matrix
from shared.policy.bundle import Bundle
from shared.policy.calendar import ElapsedCalendar
from shared.policy.clocks import Escalation


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`matrix` says who takes which decision; `escalation` where a breach goes and who is told at each step;
    `recertification_months` how long an approval of a tier lasts; `calendars` gives those of a region."""

    version: str
    digest: str
    matrix: Matrix
    escalation: Escalation
    recertification_months: Callable[[str], int | None]
    calendars: Callable[[str], Calendars]


def rules_of(bundle: Bundle) -> Rules:
    """The rules in a policy bundle."""
    elapsed = ElapsedCalendar()
    return Rules(
        version=bundle.version,
        digest=bundle.digest,
        matrix=bundle.authority,
        escalation=bundle.clocks.escalation,
        recertification_months=lambda tier: bundle.tiers.named(tier).recertification_months,
        calendars=lambda region: {"business": bundle.calendar_of(region), "elapsed": elapsed},
    )
