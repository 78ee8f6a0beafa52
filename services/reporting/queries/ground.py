"""What reporting answers from: its tables, the clock, the policy, and the guards of the stores beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.reporting.queries.kpis import Months
from services.reporting.queries.reading import Derived
from shared.policy.bundle import Bundle
from shared.store.rollback_guard import RollbackGuard


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What the endpoints and pages stand on. `example` marks a folder that holds example data only; `guards` are the
    rollback guards of the stores in this process, by service."""

    views: Derived
    clock: Callable[[], datetime]
    bundle: Bundle
    months: Months = field(default_factory=Months)
    example: bool = False
    guards: Mapping[str, RollbackGuard] = field(default_factory=dict)

    async def frozen(self) -> Mapping[str, str]:
        """The services that take nothing more, each with the reason."""
        standings = {service: await guard.standing() for service, guard in self.guards.items()}
        return {service: found.frozen for service, found in standings.items() if found.frozen is not None}
