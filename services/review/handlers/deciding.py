"""How a command on a review or an override is carried out: decided on its stream and on the offices, then appended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from services.review.domain.authority import Authority
from services.review.domain.circumstances import Circumstances
from services.review.domain.rules import Rules
from services.review.handlers.answers import raise_if_refused
from services.review.handlers.offices import AUTHORITY, fold_authority
from shared.store import handling
from shared.store.handling import Decided, Ids, handle
from shared.store.port import Context, EventStore, Key, Past, Receipt

S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCase(Generic[S]):
    """One command: on which stream of which system, how that is folded, what is decided on it and then answered.

    The right to a `ruling` must still be in force when it is appended: an auditor recounts it from the log's order.
    """

    stream: str
    system_id: str
    fold: Callable[[Past], S]
    decide: Callable[[S, Circumstances], Sequence[Decided]]
    answer_of: Callable[[Sequence[Decided]], Mapping[str, Any]]
    context: Context
    key: Key
    ruling: bool


async def carry_out(store: EventStore, rules: Rules, case: UseCase[S]) -> Receipt:
    """Run it to its receipt. Raises what `handle` does, and `Refused("segregation-of-duties")` after having recorded an
    attempt at what one may not."""
    beside = (AUTHORITY,) if case.ruling else ()
    held = None if beside else fold_authority(await store.read(AUTHORITY))
    ids = Ids(store.installation, case.key)

    def fold(past: Past, *others: Past) -> tuple[S, Authority]:
        return case.fold(past), fold_authority(others[0]) if held is None else held

    def decide(folded: tuple[S, Authority], now: datetime) -> Sequence[Decided]:
        state, authority = folded
        return case.decide(state, Circumstances(now=now, rules=rules, authority=authority, ids=ids))

    command = handling.Command(
        stream=case.stream,
        partitionkey=case.system_id,
        fold=fold,
        decide=decide,
        context=replace(case.context, policyversion=rules.version),
        key=case.key,
        answer_of=case.answer_of,
        beside=beside,
    )
    receipt = await handle(store, command)
    raise_if_refused(receipt)
    return receipt
