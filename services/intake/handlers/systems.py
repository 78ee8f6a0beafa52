"""How a command reaches the stream of one AI system, and how its answer is made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from services.intake.domain.commands import Command as SystemCommand
from services.intake.domain.dated import Dated, Decided
from services.intake.domain.decide import decide
from services.intake.domain.evolve import SystemFact, evolve, fold
from services.intake.domain.rules import Rules
from services.intake.domain.state import Active, State, Unregistered, known
from shared.refusals import Refused
from shared.runtime.principals import Place
from shared.store import handling
from shared.store.handling import Command, handle
from shared.store.port import Context, EventStore, Key, Past, Receipt

Answer = Callable[[State, Sequence[Decided]], Mapping[str, Any]]
Plan = Callable[[State, datetime], Sequence[SystemCommand]]


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """On whose behalf a use case runs, under which key, and what lies within their scope.

    `guard` raises `Refused` for a place where the one who asks has no say. `administrator` says that they run the
    installation, and so decide nothing.
    """

    context: Context
    key: Key
    guard: Callable[[Place], None]
    administrator: bool = False

    @property
    def person(self) -> str:
        """The person whose act it is: the one acted for, else the actor."""
        return self.context.onbehalfof or self.context.authid


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A system as its stream stood when it was read."""

    system_id: str
    state: State
    past: Past

    @property
    def system(self) -> Active:
        """The registered system; raises as `known` does."""
        return known(self.state)


@dataclass(frozen=True, slots=True)
class Beside:
    """Another stream on which a decision rests; `check` raises `Refused` where it does not bear it."""

    stream: str
    check: Callable[[Past], None]


class Systems:
    """The streams `system/<id>` of one store, decided on under one policy bundle."""

    def __init__(self, store: EventStore, rules: Rules, version: str) -> None:
        self._store, self.rules, self._version = store, rules, version

    @property
    def installation(self) -> str:
        """The installation in whose namespace ids are made."""
        return self._store.installation

    async def read(self, system_id: str) -> Seen:
        """The system now."""
        past = await self._store.read(stream_of(system_id))
        return Seen(system_id=system_id, state=fold_past(past), past=past)

    async def of_intake(self, intake_id: str) -> Seen:
        """The system that an intake describes: an intake's id is the id of its submission.

        Raises `Refused("not-found")`.
        """
        stored = await self._store.by_id(intake_id)
        if stored is None or not stored.stream.startswith("system/"):
            raise Refused("not-found", "no such intake")
        return await self.read(stored.stream.removeprefix("system/"))

    async def replayed(self, key: Key) -> Receipt | None:
        """The receipt of an earlier request with this key."""
        return await self._store.replay(key)

    async def do(
        self,
        system_id: str,
        plan: Plan,
        by: By,
        answer: Answer,
        *,
        story: str | None = None,
        if_version: int | None = None,
        beside: Beside | None = None,
    ) -> Receipt:
        """Carry out what `plan` makes of the state, command by command, in one append.

        `story` is the correlation id: the id of the intake that it is about. What is decided holds only if the
        stream `beside` it, which passed its check, is then still what was checked.
        """
        after: State = Unregistered()

        def folding(past: Past, *others: Past) -> State:
            for other in others:
                assert beside is not None
                beside.check(other)
            return fold_past(past)

        def deciding(state: State, now: datetime) -> Sequence[handling.Decided]:
            nonlocal after
            after, decided = carried_out(state, plan(state, now), self.rules, now)
            return decided

        return await handle(
            self._store,
            Command(
                stream=stream_of(system_id),
                partitionkey=system_id,
                fold=folding,
                decide=deciding,
                context=replace(
                    by.context, correlationid=story or by.context.correlationid, policyversion=self._version
                ),
                key=by.key,
                answer_of=lambda decided: answer(after, [_own(one) for one in decided]),
                if_version=if_version,
                beside=[] if beside is None else [beside.stream],
            ),
        )


def stream_of(system_id: str) -> str:
    """The name of a system's stream."""
    return f"system/{system_id}"


def place_of(system: Active) -> Place:
    """Where a system lies, for the grants."""
    profile = system.profile
    return Place(system=system.system_id, business_unit=profile.business_unit, product_area=profile.product_area)


def fold_past(past: Past) -> State:
    """The state that a stream's events amount to."""
    return fold((cast(SystemFact, stored.fact), stored.envelope.time) for stored in past.events)


def carried_out(
    state: State, commands: Sequence[SystemCommand], rules: Rules, now: datetime
) -> tuple[State, list[handling.Decided]]:
    """The state after the commands, and the facts they led to, each decided on what the one before left."""
    facts: list[handling.Decided] = []
    for command in commands:
        for one in decide(state, command, rules):
            fact, at = (one.fact, one.at) if isinstance(one, Dated) else (one, now)
            state = evolve(state, fact, at)
            facts.append(handling.At(fact, at) if isinstance(one, Dated) else fact)
    return state, facts


def _own(one: handling.Decided) -> Decided:
    if isinstance(one, handling.At):
        return Dated(cast(SystemFact, one.fact), one.time)
    return cast(SystemFact, one)
