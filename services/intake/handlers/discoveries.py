"""Discoveries: reported, and settled when their system registers or turns out to be none."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from services.intake.domain.discoveries import (
    Discover,
    Discovery,
    DiscoveryFact,
    Settle,
    Undiscovered,
    decide_discovery,
    fold_discovery,
)
from services.intake.domain.state import Merged, Unregistered
from services.intake.handlers.systems import By, fold_past, place_of, stream_of
from services.intake.handlers.telling import registered
from shared.refusals import Refused
from shared.runtime.principals import Place
from shared.store.handling import At, Command, Decided, handle
from shared.store.port import EventStore, Past, Receipt


class Discoveries:
    """The streams `discovery/<id>`."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def report(self, found: Discover, at: datetime | None, by: By) -> Receipt:
        """Record a discovery, made at `at` (None: now). Raises `invalid-time` for the future."""
        by.guard(Place(business_unit=found.business_unit, product_area=found.product_area))

        def deciding(state: Discovery, now: datetime) -> Sequence[Decided]:
            if at is not None and at > now:
                raise Refused("invalid-time", "what has not happened yet can't be reported")
            return [At(fact, at or now) for fact in decide_discovery(state, found)]

        return await self._handled(found.discovery_id, deciding, by, _fold)

    async def named(self, discovery_id: str, by: By) -> None:
        """Pass if a registration of theirs may name this discovery, and so close it.

        Raises `Refused("invalid-field")`, alike for one that is not there and for one that is not theirs to settle.
        """
        state = _fold(await self._store.read(_stream(discovery_id)))
        try:
            if isinstance(state, Undiscovered):
                raise Refused("not-found", "no such discovery")
            by.guard(Place(business_unit=state.found.business_unit, product_area=state.found.product_area))
        except Refused as refused:
            wrong = {"detail": "not a discovery that you may settle", "pointer": "#/discovery_id"}
            raise Refused("invalid-field", "a registration names a discovery of one's own scope", [wrong]) from refused

    async def settle(self, discovery_id: str, settling: Settle, by: By) -> Receipt:
        """Say what a discovery turned out to be. Raises `invalid-field` for a system that does not live here."""
        beside = [] if settling.system_id is None else [stream_of(settling.system_id)]

        def fold(past: Past, *systems: Past) -> Discovery:
            for one in systems:
                _lives_here(one, by)
            return _fold(past)

        return await self._settled(discovery_id, settling, by, fold, beside)

    async def explain(self, discovery_id: str, system_id: str, by: By) -> Receipt:
        """Close a discovery whose system registered, whatever became of that system since."""
        settling = Settle(system_id=system_id, reason="its system was registered")
        return await self._settled(discovery_id, settling, by, _fold)

    async def _settled(
        self,
        discovery_id: str,
        settling: Settle,
        by: By,
        fold: Callable[..., Discovery],
        beside: Sequence[str] = (),
    ) -> Receipt:
        state = _fold(await self._store.read(_stream(discovery_id)))
        if isinstance(state, Undiscovered):
            raise Refused("not-found", "no such discovery")
        found = state.found
        by.guard(Place(business_unit=found.business_unit, product_area=found.product_area))
        return await self._handled(discovery_id, lambda state, _: decide_discovery(state, settling), by, fold, beside)

    async def _handled(
        self,
        discovery_id: str,
        deciding: Callable[[Discovery, datetime], Sequence[Decided]],
        by: By,
        fold: Callable[..., Discovery],
        beside: Sequence[str] = (),
    ) -> Receipt:
        return await handle(
            self._store,
            Command(
                stream=_stream(discovery_id),
                partitionkey=_stream(discovery_id),
                fold=fold,
                beside=beside,
                decide=deciding,
                context=by.context,
                key=by.key,
                answer={"id": discovery_id},
            ),
        )


def _lives_here(past: Past, by: By) -> None:
    state = fold_past(past)
    if isinstance(state, Unregistered | Merged):
        wrong = {"detail": "not a system that lives on", "pointer": "#/system_id"}
        raise Refused("invalid-field", "a discovery turns out to be a registered system, or none", [wrong])
    by.guard(place_of(registered(state)))


def _stream(discovery_id: str) -> str:
    return f"discovery/{discovery_id}"


def _fold(past: Past) -> Discovery:
    return fold_discovery(cast(DiscoveryFact, stored.fact) for stored in past.events)
