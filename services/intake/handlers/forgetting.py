"""Forgetting a person: the directory's entry and key are destroyed, and the log says that it was done."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.handlers.systems import By
from shared.events.intake import PersonForgotten
from shared.refusals import Refused
from shared.runtime.people import People
from shared.store.handling import Command, Decided, handle
from shared.store.port import EventStore, Past, Receipt


class Forgetting:
    """The streams `person/<id>`."""

    def __init__(self, store: EventStore, people: People) -> None:
        self._store, self._people = store, people

    async def forget(self, person: str, by: By) -> Receipt:
        """Destroy what is kept of a person; a repeat finds nothing left and changes nothing.

        The key goes first: were the process to end in between, the repeat would still record the fact. Raises
        `Refused("not-found")` for somebody the directory never knew.
        """
        if not await self._people.cards([person]):
            raise Refused("not-found", "nobody is known by that id")
        stream = f"person/{person}"
        await self._people.forget(person, (await self._store.read(stream)).now)

        def deciding(forgotten: bool, _: datetime) -> Sequence[Decided]:
            return [] if forgotten else [PersonForgotten(person=person, by=by.person)]

        return await handle(
            self._store,
            Command(
                stream=stream,
                partitionkey=stream,
                fold=_fold,
                decide=deciding,
                context=by.context,
                key=by.key,
                answer={"id": person, "outcome": "forgotten"},
            ),
        )


def _fold(past: Past) -> bool:
    return bool(past.events)
