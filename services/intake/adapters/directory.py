"""From the ways in which callers name people to the directory's opaque ids: all that a fact may hold."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from shared.refusals import Refused
from shared.runtime.people import People
from shared.runtime.service_keys import ISSUER


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A person as a caller names them: by opaque id, by identity, or by e-mail address."""

    id: str | None = None
    issuer: str | None = None
    subject: str | None = None
    email: str | None = None
    name: str | None = None


def named(text: str) -> Named:
    """A person named in one word: an opaque id, an address, or else a subject of the installation's own issuer."""
    try:
        return Named(id=str(UUID(text)))
    except ValueError:
        return Named(email=text) if "@" in text else Named(subject=text)


class Directory:
    """The directory of people, asked by whatever name a caller has. `issuer` is that of subjects named without one."""

    def __init__(self, people: People, issuer: str) -> None:
        self._people, self._issuer = people, issuer

    async def person(self, who: Named, pointer: str) -> str:
        """The opaque id; somebody seen for the first time is entered.

        Raises `Refused("invalid-field")`, pointing at `pointer`, for an id that nobody has and for no name at all.
        """
        if who.id is not None:
            return await self._known(who.id, pointer)
        if who.subject is not None:
            issuer = who.issuer or self._issuer
            # What a caller says of somebody else never changes what is known of those who can sign in.
            name = None if issuer in (self._issuer, ISSUER) else who.name
            return await self._people.person_of(issuer, who.subject, name)
        if who.email is not None:
            return await self._addressed(who.email.strip(), who.name, pointer)
        raise _wrong(pointer, "a person is named by id, by issuer and subject, or by e-mail address")

    async def _known(self, person: str, pointer: str) -> str:
        card = (await self._people.cards([person])).get(person)
        if card is None or card.forgotten:
            raise _wrong(pointer, "nobody is known by that id")
        return person

    async def _addressed(self, email: str, name: str | None, pointer: str) -> str:
        local, _, domain = email.rpartition("@")
        if not local or not domain or any(char.isspace() for char in email) or len(email) > 254:
            raise _wrong(pointer, "that is not an e-mail address")
        return await self._people.addressed(email, name)


class Remembering(Directory):
    """The directory for the length of one request: whoever it names again and again is looked up once."""

    def __init__(self, directory: Directory) -> None:
        super().__init__(directory._people, directory._issuer)
        self._asked: dict[Named, asyncio.Task[str]] = {}

    async def person(self, who: Named, pointer: str) -> str:
        """As `Directory.person`."""
        if who not in self._asked:
            self._asked[who] = asyncio.create_task(super().person(who, pointer))
        return await asyncio.shield(self._asked[who])  # whoever waits may go away; the others wait on


def _wrong(pointer: str, words: str) -> Refused:
    return Refused("invalid-field", words, [{"detail": words, "pointer": pointer}])
