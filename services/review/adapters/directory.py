"""From the ways in which callers name people to the directory's opaque ids: all that a fact may hold."""

from dataclasses import dataclass
from uuid import UUID

from shared.refusals import Refused
from shared.runtime.people import People


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory of people; `issuer` is that of subjects named without one."""

    people: People
    issuer: str

    async def person(self, named: str, pointer: str) -> str:
        """The opaque id of a person named by it, or by their subject at the installation's issuer.

        Raises `Refused("invalid-field")`, pointing at `pointer`, for an id that nobody has.
        """
        try:
            person = str(UUID(named))
        except ValueError:
            return await self.people.person_of(self.issuer, named)
        card = (await self.people.cards([person])).get(person)
        if card is None or card.forgotten:
            raise _wrong(pointer, "nobody is known by that id")
        return person

    async def officer(self, named: str, pointer: str) -> str:
        """The opaque id of a person who is to have an office; see `person`.

        Raises `Refused("invalid-field")` also for somebody of whom only an address is known: whoever comes to have the
        address would have the office with it.
        """
        person = await self.person(named, pointer)
        if (await self.people.cards([person]))[person].by_address:
            raise _wrong(pointer, "only an address is known of this person: an office is for who has signed in")
        return person


def _wrong(pointer: str, words: str) -> Refused:
    return Refused("invalid-field", words, [{"detail": words, "pointer": pointer}])
