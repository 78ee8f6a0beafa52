"""The directory of people, outside of the log (DESIGN 12): opaque id ↔ identity, name, address and key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Insert, Select, Update, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from shared.events.envelope import stamp
from shared.events.fact import Sealed
from shared.refusals import Refused
from shared.runtime.entropy import Entropy, random_id
from shared.runtime.folding import folded
from shared.runtime.key_files import KEY_BYTES, NONCE_BYTES, Keyring
from shared.runtime.sealing import Sealer, unsealed
from shared.runtime.tables import address as addresses
from shared.runtime.tables import person as table
from shared.store.database import Database

S = TypeVar("S", Select[Any], Update)
BY_MAIL: Final = "urn:gatehouse:email"
"""The issuer under which the directory keeps people of whom only an address is known; the subject is the address."""


@dataclass(frozen=True, slots=True)
class Card:
    """What may be shown of a person when a page is read; a forgotten one has neither name nor address.

    `by_address` says that nobody has signed in as this person yet: all that is known is an address.
    """

    person: str
    name: str | None
    email: str | None
    forgotten: bool
    by_address: bool = False


_BY_IDENTITY: Final = select(table).where(
    table.c.issuer == bindparam("issuer"), table.c.subject == bindparam("subject")
)
"""Built once: every request asks it, and building it takes longer than answering it."""

_BY_ADDRESS: Final = select(addresses.c.person).where(addresses.c.address == bindparam("address"))
_CHUNK: Final = 500
"""Ids per query: SQLite and PostgreSQL both bound the number of parameters."""


class People:
    """The directory on one database; ids, nonces and keys come from `entropy`."""

    def __init__(self, database: Database, master: Keyring, entropy: Entropy) -> None:
        self._database, self._master, self._entropy = database, master, entropy

    async def person_of(
        self,
        issuer: str,
        subject: str,
        name: str | None = None,
        email: str | None = None,
        *,
        vouched: bool = False,
    ) -> str:
        """The opaque id behind an identity, made on first sight; a name or address that is given is brought up to date.

        With `vouched`, the issuer says that the address is this identity's: on first sight the identity takes over the
        card that was made for the address alone, if nobody has yet. A forgotten person who comes again is somebody new.
        """
        address = folded(email) if vouched and email else None
        generation = 0
        while (row := await self._row(issuer, subject)) is None:
            if address is None or not await self._take_over(issuer, subject, address):
                await self._write(self._new(issuer, subject, name, email, generation))
            generation += 1  # a seeded source would draw the id of the one who was forgotten once more
        changed = {key: value for key, value in (("name", name), ("email", email)) if value and value != row[key]}
        if changed:
            await self._write(_alive(update(table).values(changed), row["id"]))
        if address is not None and await self._holder(address) != row["id"]:
            await self._vouch(str(row["id"]), address)
        return str(row["id"])

    async def addressed(self, email: str, name: str | None = None) -> str:
        """The opaque id behind an address: whose it is by their issuer's word, else a card for the address alone.

        What an identity merely says of itself does not count.
        """
        address = folded(email)
        return await self._holder(address) or await self.person_of(BY_MAIL, address, name, email)

    async def cards(self, people: Iterable[str]) -> Mapping[str, Card]:
        """Names and addresses by id; an id that nobody ever had is missing."""
        wanted = sorted(set(people))
        found: dict[str, Card] = {}
        for start in range(0, len(wanted), _CHUNK):
            query = select(table.c.id, table.c.name, table.c.email, table.c.erased_at, table.c.issuer)
            for row in await self._database.rows(query.where(table.c.id.in_(wanted[start : start + _CHUNK]))):
                gone, alone = row["erased_at"] is not None, row["issuer"] == BY_MAIL
                found[row["id"]] = Card(row["id"], row["name"], row["email"], gone, alone)
        return found

    async def sealer(self, person: str) -> Sealer:
        """The person's key in hand; raises `Refused("not-found")` for one who is unknown or forgotten."""
        if (key := (await self._keys([person])).get(person)) is None:
            raise Refused("not-found", "this person is unknown or was forgotten")
        return Sealer(person, key, self._entropy)

    async def seal(self, person: str, event_id: str, field: str, text: str) -> Sealed:
        """One text under the person's key; see `sealer`."""
        return (await self.sealer(person)).seal(event_id, field, text)

    async def unseal(self, sealed: Sequence[tuple[str, str, Sealed]]) -> list[str | None]:
        """The texts of (event id, field, sealed) in order; None where the person was forgotten.

        Raises `Undecipherable` for one that was altered.
        """
        keys = await self._keys([one.person for _, _, one in sealed])
        return [
            unsealed(keys[one.person], event_id, field, one) if one.person in keys else None
            for event_id, field, one in sealed
        ]

    async def forget(self, person: str, at: datetime) -> bool:
        """Destroy the person's key and all that the directory knows; False if there was nothing left to forget."""
        gone = dict.fromkeys(("issuer", "subject", "name", "email", "key_id", "key"))
        erase = _alive(update(table).values(**gone, erased_at=stamp(at)), person)

        def destroy(connection: Connection) -> int:
            erased = connection.execute(erase).rowcount  # first: it waits for a `_vouch` under way, whose row goes too
            connection.execute(delete(addresses).where(addresses.c.person == person))
            return erased

        return await self._database.transact(destroy) > 0

    async def _write(self, statement: Insert | Update) -> int:
        return await self._database.transact(lambda connection: connection.execute(statement).rowcount)

    async def _take_over(self, issuer: str, subject: str, address: str) -> bool:
        """The card that is known by this address alone becomes the identity's; none that has an identity ever does."""
        alone = update(table).where(table.c.issuer == BY_MAIL, table.c.subject == address)
        try:
            return await self._write(alone.values(issuer=issuer, subject=subject)) > 0
        except IntegrityError:
            return False  # the identity came to a card of its own in the same instant

    async def _vouch(self, person: str, address: str) -> None:
        """An address is one person's at a time, and they have one: what an issuer said last."""
        theirs = {"address": address, "person": person}
        insert = postgresql.insert if self._database.engine_name == "postgresql" else sqlite.insert

        def move(connection: Connection) -> None:
            if connection.execute(_alive(select(table.c.id), person).with_for_update()).first() is None:
                return  # forgotten since they were read
            connection.execute(delete(addresses).where(addresses.c.person == person))
            said = insert(addresses).values(theirs)
            connection.execute(said.on_conflict_do_update(index_elements=["address"], set_={"person": person}))

        await self._database.transact(move)

    async def _holder(self, address: str) -> str | None:
        return next((str(row["person"]) for row in await self._database.rows(_BY_ADDRESS, address=address)), None)

    async def _row(self, issuer: str, subject: str) -> Mapping[str, Any] | None:
        return next(iter(await self._database.rows(_BY_IDENTITY, issuer=issuer, subject=subject)), None)

    def _new(self, issuer: str, subject: str, name: str | None, email: str | None, generation: int) -> Insert:
        person = random_id(self._entropy, "person", issuer, subject, str(generation))
        key = self._entropy.draw(KEY_BYTES, "person-key", person)
        nonce = self._entropy.draw(NONCE_BYTES, "person-key-wrap", person)
        values: dict[str, Any] = {
            "id": person,
            "issuer": issuer,
            "subject": subject,
            "name": name,
            "email": email,
            "key_id": self._master.current,
            "key": self._master.encrypt(key, nonce, UUID(person).bytes),
        }
        if self._database.engine_name == "postgresql":
            return postgresql.insert(table).values(values).on_conflict_do_nothing()
        return sqlite.insert(table).values(values).on_conflict_do_nothing()

    async def _keys(self, people: Sequence[str]) -> dict[str, bytes]:
        wanted = sorted(set(people))
        keys: dict[str, bytes] = {}
        for start in range(0, len(wanted), _CHUNK):
            query = select(table.c.id, table.c.key_id, table.c.key).where(table.c.key.is_not(None))
            for row in await self._database.rows(query.where(table.c.id.in_(wanted[start : start + _CHUNK]))):
                keys[row["id"]] = self._master.decrypt(row["key_id"], row["key"], UUID(row["id"]).bytes)
        return keys


def _alive(statement: S, person: str) -> S:
    """The statement, for that person unless they were forgotten."""
    return statement.where(table.c.id == person, table.c.erased_at.is_(None))
