"""Overrides of tiers, as intake has a hand in them: proposed to the board, and followed once it decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.domain.commands import Command
from services.intake.domain.dated import Decided
from services.intake.domain.override_commands import NoteOverride, ProposeOverride
from services.intake.domain.state import State, Unregistered
from services.intake.handlers.systems import By, Systems, place_of
from services.intake.handlers.telling import outcome, registered
from shared.events.fact import PersonId
from shared.events.review import OverrideDecided
from shared.store.handling import Ids
from shared.store.port import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The tier that is asked for, in the place of which one of which round; without an owner, it is the system's."""

    from_tier: str
    round: int
    to_tier: str
    rationale: str
    accountable_owner: PersonId | None


class Overriding:
    """The use cases of overrides."""

    def __init__(self, systems: Systems) -> None:
        self._systems = systems

    async def propose(self, system_id: str, proposal: Proposal, by: By) -> Receipt:
        """Put another tier to the board; the answer names the override, on which the board votes in review."""
        seen = await self._systems.read(system_id)
        by.guard(place_of(registered(seen.state)))
        # The proposal is the only fact of its command: its event's id is known before it is decided.
        override_id = Ids(self._systems.installation, by.key)("event/0")

        def plan(_: State, now: datetime) -> Sequence[Command]:
            return [
                ProposeOverride(
                    now=now,
                    override_id=override_id,
                    from_tier=proposal.from_tier,
                    round=proposal.round,
                    to_tier=proposal.to_tier,
                    rationale=proposal.rationale,
                    accountable_owner=proposal.accountable_owner,
                    by=by.person,
                    hand=by.context.authid if by.context.onbehalfof is not None else None,
                )
            ]

        def answer(state: State, decided: Sequence[Decided]) -> Mapping[str, Any]:
            return {**outcome("proposed")(state, decided), "override_id": override_id}

        return await self._systems.do(system_id, plan, by, answer, story=by.context.correlationid)

    async def note(self, decision: OverrideDecided, by: By) -> Receipt:
        """Let what the board decided take effect, once."""

        def plan(state: State, now: datetime) -> Sequence[Command]:
            return [] if isinstance(state, Unregistered) else [NoteOverride(now=now, decision=decision)]

        return await self._systems.do(decision.system_id, plan, by, lambda *_: {}, story=by.context.correlationid)
