"""Joining: two cards of the directory are one person's, and the log says so. Duties compare people from then on."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Final, cast

from services.intake.handlers.systems import By
from shared.events.intake import PeopleJoined
from shared.policy.identities import Identities
from shared.refusals import Refused
from shared.runtime.people import People
from shared.store.handling import Command, Decided, handle
from shared.store.port import EventStore, Past, Receipt

IDENTITIES: Final = "identities"


class Joining:
    """The stream `identities`."""

    def __init__(self, store: EventStore, people: People) -> None:
        self._store, self._people = store, people

    async def join(self, person: str, other: str, reason: str, by: By) -> Receipt:
        """Record that two ids are one person's; what is known already changes nothing.

        Raises `Refused`: `not-found` for an id that nobody has, `invalid-field` for one and the same. A forgotten
        person's id may be joined: what they ruled stays on record.
        """
        if person == other:
            wrong = {"detail": "this is the same id", "pointer": "#/other"}
            raise Refused("invalid-field", "an id is not joined with itself", [wrong])
        if len(await self._people.cards([person, other])) < 2:
            raise Refused("not-found", "nobody is known by that id")

        def deciding(known: Identities, _: datetime) -> Sequence[Decided]:
            joined = PeopleJoined(person=person, other=other, by=by.person, reason=reason)
            return [] if known.same(person, other) else [joined]

        return await handle(
            self._store,
            Command(
                stream=IDENTITIES,
                partitionkey=IDENTITIES,
                fold=fold_identities,
                decide=deciding,
                context=by.context,
                key=by.key,
                answer={"id": person, "outcome": "joined"},
            ),
        )


def fold_identities(past: Past) -> Identities:
    """Which ids are one person's, as the stream's events say."""
    facts = (cast(PeopleJoined, stored.fact) for stored in past.events)
    return reduce(lambda known, fact: known.joined(fact.person, fact.other), facts, Identities())
