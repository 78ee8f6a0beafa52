"""The use cases of overrides: what intake proposes comes before the board, which votes on it and decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any, Final, cast

from services.review.domain.authority import Authority
from services.review.domain.circumstances import Actor
from services.review.domain.override import Override, State, Untabled, evolve, known
from services.review.domain.override_commands import CloseOn, Command, StepBack, VoteOn
from services.review.domain.overriding import decide
from services.review.domain.rules import Rules
from services.review.handlers.deciding import UseCase, carry_out
from services.review.handlers.offices import AUTHORITY, fold_authority
from shared.events.review import OverrideAttemptRefused, OverrideDecided, OverrideFact
from shared.runtime.people import People
from shared.runtime.principals import Place
from shared.store.handling import Decided, Ids
from shared.store.port import Context, EventStore, Key, Past, Receipt

_RULINGS: Final = (VoteOn, CloseOn)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOverride:
    """An override as its stream stood when it was read."""

    override_id: str
    state: State
    version: int
    now: datetime

    @property
    def override(self) -> Override:
        """What is known of it; raises as `known` does."""
        return known(self.state)

    @property
    def place(self) -> Place:
        """Where its system lies, for the grants."""
        tabled = self.override.tabled
        return Place(system=tabled.system_id, business_unit=tabled.business_unit, product_area=tabled.product_area)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """The streams `override/<id>` of one store, decided on under one policy."""

    store: EventStore
    rules: Rules

    async def read(self, override_id: str) -> SeenOverride:
        """The override now; one that never came before the board has the state `Untabled`."""
        past = await self.store.read(stream_of(override_id))
        return SeenOverride(override_id=override_id, state=fold_override(past), version=past.version, now=past.now)

    async def authority(self) -> Authority:
        """All offices so far."""
        return fold_authority(await self.store.read(AUTHORITY))

    async def do(self, seen: SeenOverride, command: Command, context: Context, key: Key) -> Receipt:
        """Carry out a command on an override that came before the board.

        Raises what `decide` refuses, and `Refused("segregation-of-duties")` after having recorded the attempt.
        """
        tabled = seen.override.tabled
        story = replace(context, correlationid=tabled.intake_id)
        return await self.carry_out(seen.override_id, tabled.system_id, command, story, key)

    async def step_back(
        self, seen: SeenOverride, actor: Actor, reason: str, people: People, context: Context, key: Key
    ) -> Receipt:
        """Record that somebody steps back; why they do is about them, so it is encrypted under their key."""
        # The recusal is the only fact of its command: its event's id is known before it is decided.
        sealed = await people.seal(actor.person, Ids(self.store.installation, key)("event/0"), "reason", reason)
        return await self.do(seen, StepBack(actor=actor, reason=sealed), context, key)

    async def carry_out(
        self, override_id: str, system_id: str, command: Command, context: Context, key: Key
    ) -> Receipt:
        """As `do`, for an override whose system is known beforehand."""
        case = UseCase(
            stream=stream_of(override_id),
            system_id=system_id,
            fold=fold_override,
            decide=lambda state, at: decide(state, command, at),
            answer_of=lambda decided: _answer(override_id, decided),
            context=context,
            key=key,
            ruling=isinstance(command, _RULINGS),
        )
        return await carry_out(self.store, self.rules, case)


def stream_of(override_id: str) -> str:
    """The name of an override's stream."""
    return f"override/{override_id}"


def fold_override(past: Past) -> State:
    """The state that a stream's events amount to."""
    return reduce(evolve, (cast(OverrideFact, stored.fact) for stored in past.events), cast(State, Untabled()))


def _answer(override_id: str, decided: Sequence[Decided]) -> dict[str, Any]:
    match list(decided):
        case [OverrideAttemptRefused(reason=reason)]:
            return {"id": override_id, "refused": reason}
        case [OverrideDecided(outcome=outcome)]:
            return {"id": override_id, "outcome": outcome}
        case _:
            return {"id": override_id}
