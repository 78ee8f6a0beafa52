"""The use cases of offices: appointments and delegations, on the one stream `authority`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any, Final, cast

from services.review.domain.appointing import AuthorityCommand, decide
from services.review.domain.authority import Authority, evolve
from shared.events.review import (
    AppointmentEnded,
    AppointmentMade,
    AuthorityFact,
    DelegationEnded,
    DelegationGiven,
    IdentitiesJoined,
)
from shared.store.handling import Command, Decided, Ids, handle
from shared.store.port import Context, EventStore, Key, Past, Receipt

AUTHORITY: Final = "authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offices:
    """The offices of one store, under the policy of that version."""

    store: EventStore
    policy_version: str

    async def as_of_now(self) -> tuple[datetime, Authority]:
        """The store's time, and all offices so far."""
        past = await self.store.read(AUTHORITY)
        return past.now, fold_authority(past)

    async def do(self, command: AuthorityCommand, context: Context, key: Key) -> Receipt:
        """Carry out a command. Raises what `appointing.decide` refuses."""
        ids = Ids(self.store.installation, key)

        def deciding(state: Authority, now: datetime) -> Sequence[Decided]:
            return decide(state, command, now, ids)

        return await handle(
            self.store,
            Command(
                stream=AUTHORITY,
                partitionkey=AUTHORITY,
                fold=fold_authority,
                decide=deciding,
                context=replace(context, policyversion=self.policy_version),
                key=key,
                answer_of=_answer,
            ),
        )


def fold_authority(past: Past) -> Authority:
    """The offices that the stream's events amount to."""
    return reduce(evolve, (cast(AuthorityFact, stored.fact) for stored in past.events), Authority())


def _answer(decided: Sequence[Decided]) -> dict[str, Any]:
    if not decided:
        return {}
    match decided[0]:
        case AppointmentMade(appointment_id=made) | AppointmentEnded(appointment_id=made):
            return {"id": made}
        case DelegationGiven(delegation_id=given) | DelegationEnded(delegation_id=given):
            return {"id": given}
        case IdentitiesJoined(person=person):
            return {"id": person}
        case other:
            raise TypeError(f"not a fact of the offices: {type(other).__name__}")
