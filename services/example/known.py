"""What the stage has learned from facts: the ids behind the names that stories use."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.review.handlers.consuming import Clockwork
from shared.events.intake import IntakeSubmitted, SystemDiscovered, SystemRegistered, TierConfirmed
from shared.store.port import Stored


@dataclass
class Known:
    """Ids by name. `clockwork` tells which review a confirmed tier opens."""

    clockwork: Clockwork
    _systems: dict[str, str] = field(default_factory=dict)
    _intakes: dict[str, str] = field(default_factory=dict)
    _reviews: dict[str, list[str]] = field(default_factory=dict)
    _discoveries: dict[str, str] = field(default_factory=dict)

    def learn(self, system: str | None, events: Sequence[Stored]) -> None:
        """Take in what a step on that system has led to."""
        for one in events:
            match one.fact:
                case SystemDiscovered(name=name, discovery_id=discovery_id):
                    self._discoveries[name] = discovery_id
                case SystemRegistered(system_id=system_id) if system is not None:
                    self._systems[system] = system_id
                case IntakeSubmitted(intake_id=intake_id) if system is not None:
                    self._intakes[system] = intake_id
                case TierConfirmed(opens_review=True, prohibited=False) if system is not None:
                    self._reviews.setdefault(system, []).append(self.clockwork.review_id(one.id))
                case _:
                    pass

    def system(self, name: str | None) -> str:
        """The id of a system."""
        return self._systems[name or ""]

    def intake(self, name: str | None) -> str:
        """The id of a system's present intake."""
        return self._intakes[name or ""]

    def review(self, name: str | None) -> str:
        """The id of a system's newest review."""
        return self._reviews[name or ""][-1]

    def reviews(self, name: str) -> Sequence[str]:
        """The ids of all reviews of a system, oldest first."""
        return self._reviews.get(name, ())

    def discovery(self, name: str) -> str:
        """The id of a discovery."""
        return self._discoveries[name]
