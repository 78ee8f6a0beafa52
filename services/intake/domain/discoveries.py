"""AI systems found in use that nobody had registered: open until settled, and counted meanwhile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from shared.events.intake import DiscoverySettled, SystemDiscovered
from shared.refusals import Refused

DiscoveryFact = SystemDiscovered | DiscoverySettled
"""The facts of a stream `discovery/<id>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discover:
    """Somebody found an AI system. `found_by` and `found_in` say what found it and where (a scanner, an account)."""

    discovery_id: str
    name: str
    found_by: str
    found_in: str
    business_unit: str | None = None
    product_area: str | None = None
    live: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """The discovery is a registered system, or no AI system at all (`system_id` None)."""

    system_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Undiscovered:
    """Nothing was found under this id."""


@dataclass(frozen=True, slots=True)
class Open:
    """Found and not registered: it lowers the coverage."""

    found: SystemDiscovered


@dataclass(frozen=True, slots=True)
class Settled:
    """Explained, and by what."""

    found: SystemDiscovered
    system_id: str | None


Discovery = Undiscovered | Open | Settled


def fold_discovery(facts: Iterable[DiscoveryFact]) -> Discovery:
    """The discovery after these facts."""
    state: Discovery = Undiscovered()
    for fact in facts:
        match fact:
            case SystemDiscovered():
                state = Open(fact)
            case DiscoverySettled():
                state = state if isinstance(state, Undiscovered) else Settled(state.found, fact.system_id)
            case _:
                assert_never(fact)
    return state


def decide_discovery(state: Discovery, command: Discover | Settle) -> Sequence[DiscoveryFact]:
    """A discovery told again, or settled again in the same way, changes nothing."""
    match state, command:
        case Undiscovered(), Discover():
            return [
                SystemDiscovered(
                    discovery_id=command.discovery_id,
                    name=command.name,
                    found_by=command.found_by,
                    found_in=command.found_in,
                    business_unit=command.business_unit,
                    product_area=command.product_area,
                    live=command.live,
                )
            ]
        case Open(found), Settle():
            return [
                DiscoverySettled(discovery_id=found.discovery_id, system_id=command.system_id, reason=command.reason)
            ]
        case Settled(_, system_id), Settle() if system_id != command.system_id:
            raise Refused("wrong-state", "the discovery was settled otherwise before")
        case Undiscovered(), Settle():
            raise Refused("not-found", "no such discovery")
        case _:
            return []
