"""Which reviews and overrides people may still rule on: read from the store itself, so never behind it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from shared.events.review import (
    ConditionMet,
    DecisionRecorded,
    OverrideDecided,
    OverrideLapsed,
    OverrideTabled,
    ReviewOpened,
    ReviewWithdrawn,
)
from shared.store.port import EventStore, Stored

T = TypeVar("T")
_BATCH: Final = 500
_KINDS: Final = frozenset(
    {
        "gatehouse.review.opened",
        "gatehouse.review.decision_recorded",
        "gatehouse.review.withdrawn",
        "gatehouse.review.condition_met",
        "gatehouse.review.override_tabled",
        "gatehouse.review.override_decided",
        "gatehouse.review.override_lapsed",
    }
)
"""The facts that matter here, without their versions: all others are passed over unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An undecided review, and where and by which event it was opened."""

    review_id: str
    system_id: str
    intake_id: str
    round: int
    position: int
    event_id: str


@dataclass(frozen=True, slots=True)
class _Conditional:
    """A review that ended in an approval under conditions, and those of them that are not met yet."""

    entry: Entry
    conditions: set[str]


class Docket:
    """The undecided reviews of one store; `settled` counts those that have ended."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._seen = -1
        self._entries: dict[str, dict[str, Entry]] = {}
        self._conditional: dict[str, dict[str, _Conditional]] = {}
        self._overrides: dict[str, dict[str, OverrideTabled]] = {}
        self._turn = asyncio.Lock()
        self.settled = 0

    async def of_system(self, system_id: str) -> list[Entry]:
        """The undecided reviews of a system, oldest first."""
        await self._catch_up()
        return list(self._entries.get(system_id, {}).values())

    async def open_to_rulings(self, system_id: str) -> list[Entry]:
        """The reviews of a system that people may still rule on: undecided, or with conditions that are not met yet."""
        undecided = await self.of_system(system_id)
        return [*undecided, *(one.entry for one in self._conditional.get(system_id, {}).values())]

    async def overrides(self, system_id: str) -> list[OverrideTabled]:
        """The overrides of a system's tier that are before the board."""
        await self._catch_up()
        return list(self._overrides.get(system_id, {}).values())

    async def all(self) -> Sequence[Entry]:
        """Every undecided review."""
        await self._catch_up()
        return [entry for entries in self._entries.values() for entry in entries.values()]

    async def _catch_up(self) -> None:
        async with self._turn:
            while stored := await self._store.after(self._seen, _BATCH):
                for one in stored:
                    if one.type.rpartition(".v")[0] in _KINDS:
                        self._take(one)
                self._seen = stored[-1].position

    def _take(self, stored: Stored) -> None:
        match stored.fact:
            case ReviewOpened() as opened:
                entry = Entry(
                    review_id=opened.review_id,
                    system_id=opened.system_id,
                    intake_id=opened.intake_id,
                    round=opened.round,
                    position=stored.position,
                    event_id=stored.id,
                )
                self._entries.setdefault(opened.system_id, {})[opened.review_id] = entry
            case DecisionRecorded() | ReviewWithdrawn() as ended:
                self.settled += 1
                entry = _taken(self._entries, ended.system_id, ended.review_id)
                if isinstance(ended, DecisionRecorded) and ended.conditions:
                    open_ones = _Conditional(entry, set(ended.conditions))
                    self._conditional.setdefault(ended.system_id, {})[ended.review_id] = open_ones
            case ConditionMet() as met:
                system_id = stored.envelope.partitionkey
                conditions = self._conditional[system_id][met.review_id].conditions
                conditions.discard(met.condition_id)
                if not conditions:
                    _taken(self._conditional, system_id, met.review_id)
            case OverrideTabled() as tabled:
                self._overrides.setdefault(tabled.system_id, {})[tabled.override_id] = tabled
            case OverrideDecided() | OverrideLapsed() as over:
                _taken(self._overrides, over.system_id, over.override_id)
            case other:
                raise TypeError(f"{stored.type} holds {type(other).__name__}")


def _taken(by_system: dict[str, dict[str, T]], system_id: str, of: str) -> T:
    """What is kept of a review or override, which is kept no more: nothing here grows with what is over."""
    of_system = by_system[system_id]
    found = of_system.pop(of)
    if not of_system:
        del by_system[system_id]
    return found
