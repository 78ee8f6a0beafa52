"""The directory of people, outside of the log (DESIGN 12): opaque id ↔ identity, name, address and key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Insert, RowMapping, Update, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.events.envelope import stamp
from shared.events.fact import Sealed
from shared.refusals import Refused
from shared.runtime.entropy import Entropy, random_id
from shared.runtime.key_files import KEY_BYTES, NONCE_BYTES, Keyring
from shared.runtime.sealing import Sealer, unsealed
from shared.runtime.tables import person as table
from shared.store.database import Database


@dataclass(frozen=True, slots=True)
class Card:
    """What may be shown of a person when a page is read; a forgotten one has neither name nor address."""

    person: str
    name: str | None
    email: str | None
    forgotten: bool


_BY_IDENTITY: Final = select(table).where(
    table.c.issuer == bindparam("issuer"), table.c.subject == bindparam("subject")
)
"""Built once: every request asks it, and building it takes longer than answering it."""

_CHUNK: Final = 500
"""Ids per query: SQLite and PostgreSQL both bound the number of parameters."""


class People:
    """The directory on one database; ids, nonces and keys come from `entropy`."""

    def __init__(self, database: Database, master: Keyring, entropy: Entropy) -> None:
        self._database, self._master, self._entropy = database, master, entropy

    async def person_of(self, issuer: str, subject: str, name: str | None = None, email: str | None = None) -> str:
        """The opaque id behind an identity, made on first sight; a name or address that is given is brought up to date.

        A forgotten person who comes again is somebody new.
        """
        generation = 0
        while (row := await self._row(issuer, subject)) is None:
            await self._write(self._new(issuer, subject, name, email, generation))
            generation += 1  # a seeded source would draw the id of the one who was forgotten once more
        changed = {key: value for key, value in (("name", name), ("email", email)) if value and value != row[key]}
        if changed:
            await self._write(update(table).where(table.c.id == row["id"]).values(changed))
        return str(row["id"])

    async def cards(self, people: Iterable[str]) -> Mapping[str, Card]:
        """Names and addresses by id; an id that nobody ever had is missing."""
        wanted = sorted(set(people))
        found: dict[str, Card] = {}
        for start in range(0, len(wanted), _CHUNK):
            query = select(table.c.id, table.c.name, table.c.email, table.c.erased_at)
            for row in await self._database.rows(query.where(table.c.id.in_(wanted[start : start + _CHUNK]))):
                found[row["id"]] = Card(row["id"], row["name"], row["email"], row["erased_at"] is not None)
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
        query = update(table).where(table.c.id == person, table.c.erased_at.is_(None))
        return await self._write(query.values(**gone, erased_at=stamp(at))) > 0

    async def _write(self, statement: Insert | Update) -> int:
        return await self._database.transact(lambda connection: connection.execute(statement).rowcount)

    async def _row(self, issuer: str, subject: str) -> RowMapping | None:
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
